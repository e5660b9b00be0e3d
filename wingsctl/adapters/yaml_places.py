"""The place of every key in a tree of YAML nodes."""

from __future__ import annotations

from ruamel.yaml.nodes import MappingNode, Node, SequenceNode

from wingsctl.adapters.yaml_nodes import MERGE, key_text, start
from wingsctl.documents import Key, KeyPath, Place

_Children = dict[Key, tuple[Place, Node]]


class Places:
    """Finds keys; a mapping or list is indexed once, when it is first searched."""

    def __init__(self, root: Node) -> None:
        self._root = root
        self._indexed: dict[int, _Children] = {}

    def locate(self, path: KeyPath) -> Place:
        """The place of the key at `path`, or of the nearest parent that exists."""
        place, node = start(self._root), self._root
        for key in path:
            found = self._children(node).get(key)
            if found is None:
                break
            place, node = found
        return place

    def _children(self, node: Node) -> _Children:
        if id(node) not in self._indexed:
            self._indexed[id(node)] = self._index(node)
        return self._indexed[id(node)]

    def _index(self, node: Node) -> _Children:
        """Own keys before merged ones, the first of several."""
        if isinstance(node, SequenceNode):
            return {index: (start(item), item) for index, item in enumerate(node.value)}
        if not isinstance(node, MappingNode):
            return {}
        found: _Children = {}
        for key_node, value in node.value:
            key = key_text(key_node)
            if key is not None:
                found.setdefault(key, (start(key_node), value))
        for key_node, value in node.value:
            if key_node.tag == MERGE:
                for source in value.value if isinstance(value, SequenceNode) else [value]:
                    found = {**self._children(source), **found}
        return found
