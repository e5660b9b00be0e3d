"""What the name of a model says about the size of its files.

The largest plausible reading counts: a number that is too small ends in an eviction, or in a
start that is cut off. Measured against the catalog in tests/models/test_named_sizes.py.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

GIB = 2**30
BILLION = 10**9
_UNITS = {"m": 10**6, "b": BILLION, "t": 10**12}
_EDGE = r"(?<![a-z0-9])(?<![0-9][.])"
_NUMBER = r"(\d+(?:\.\d+)?)"
_END = r"(?![a-z0-9])"
_EXPERTS = re.compile(rf"{_EDGE}(\d+)x{_NUMBER}b{_END}")
_EXPERTS_AFTER = re.compile(rf"{_EDGE}{_NUMBER}b-(\d+)e{_END}")
_TOTAL = re.compile(rf"(?<![0-9.])(?<!-a)(?<!_a)(?<!-e)(?<!_e){_NUMBER}([mbt]){_END}")
_TENTHS = re.compile(rf"{_EDGE}(\d+)b(\d){_END}")
_EFFECTIVE = re.compile(rf"{_EDGE}e{_NUMBER}b{_END}")
MOST_PARAMETERS = 25_000 * BILLION
"""Ten times the largest published model, of 2.4 T."""
EFFECTIVE_FACTOR = 2.8
"""All parameters over the effective ones of an "E2B": 5.44 / 2 of google/gemma-3n-E2B."""


def _bits(found: re.Match[str]) -> float:
    return float(next(group for group in found.groups() if group))


_FORMATS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], float]], ...] = (
    (re.compile(rf"{_EDGE}(?:fp|f)32{_END}"), lambda _: 32),
    (re.compile(rf"{_EDGE}(?:bf|fp|f)16{_END}"), lambda _: 16),
    (re.compile(rf"{_EDGE}(?:mx)?fp8|{_EDGE}w8a(?:8|16){_END}"), lambda _: 8),
    (re.compile(rf"{_EDGE}(?:nv|mx)?fp4|{_EDGE}w4a(?:16|8|4|fp8){_END}"), lambda _: 4),
    (re.compile(rf"{_EDGE}int-?([2-8]){_END}|{_EDGE}([2-8])-?bit{_END}"), _bits),
    (re.compile(rf"{_EDGE}i?q([2-8])_(?:\d|k|xs|s|m|nl|xxs)"), _bits),
)
"""Words of formats, with the bits of one weight. Whatever else a format needs is in EXTRA_BITS."""
_FOUR_BITS = re.compile(rf"{_EDGE}(?:awq|gptq|autoround|bnb|nf4){_END}")
"""Formats of 4 bits unless another word of the name says how many."""
EXTRA_BITS = 1.6
"""Of scales, and of layers that are kept wider.

1.4 at most in llama.cpp's table (ggerganov/llama.cpp, examples/quantize/README.md: Q2_K has
3.40 bits); 1.6 is what AWQ, FP8 and NVFP4 checkpoints of the catalog need.
"""
WIDE_PARAMETERS = 2.5 * BILLION
"""Embedding and head keep 16 bits: 2 x 262,144 x 5,376 values is the largest of the catalog."""
SMALL_PARAMETERS = 1.5 * BILLION
"""Up to this size files of 32-bit values are common (encoders, early models)."""


@dataclass(frozen=True)
class NamedSize:
    """A size that follows from a name; `gib` is that of all weight files."""

    parameters: float
    bits: float | None
    """Of one weight by a word of the name; None where the name has none."""
    gib: float

    @property
    def words(self) -> str:
        """`235B parameters, 8 bits`, as the name says it."""
        count = self.parameters / BILLION
        size = f"{count:.3g}B" if count >= 1 else f"{count * 1000:.3g}M"
        return f"{size} parameters, {self.bits or value_bits(self.parameters):g} bits"


def size_by_name(name: str) -> NamedSize | None:
    """The largest plausible size of a repository `owner/name`, or None without a count."""
    parameters = named_parameters(name)
    if parameters is None:
        return None
    bits = named_bits(name)
    return NamedSize(parameters, bits, weights_gib(parameters_at_most(parameters), bits))


def named_parameters(name: str) -> float | None:
    """The count that a name states (235B, 8x7B, 270M, 1T, E4B; 9b-9b is 18); else None.

    None also where only the active part is stated (A3B), or more than any model has.
    """
    count = _stated_parameters(name)
    return count if count and count <= MOST_PARAMETERS else None


def _stated_parameters(name: str) -> float | None:
    text = _last_part(name)
    if found := _EXPERTS.search(text):
        return int(found[1]) * float(found[2]) * BILLION
    if found := _EXPERTS_AFTER.search(text):
        return float(found[1]) * int(found[2]) * BILLION
    counts = [float(each[1]) * _UNITS[each[2]] for each in _TOTAL.finditer(text)]
    # After a count of parameters, 4T and 1T are tokens of the training.
    counts = [each for each in counts if each < 1000 * BILLION] or counts
    counts += [float(f"{each[1]}.{each[2]}") * BILLION for each in _TENTHS.finditer(text)]
    counts += [float(each[1]) * EFFECTIVE_FACTOR * BILLION for each in _EFFECTIVE.finditer(text)]
    return sum(counts) or None


def named_bits(name: str) -> float | None:
    """Bits of one weight by the widest format word of a name; None without such a word."""
    text = _last_part(name)
    found = [bits(each) for word, bits in _FORMATS for each in word.finditer(text)]
    if not found and _FOUR_BITS.search(text):
        return 4
    return max(found, default=None)


def parameters_at_most(stated: float) -> float:
    """What a rounded count may stand for.

    1B was 1.67 (tiiuae/Falcon3-1B), 7B was 8.5 (google/gemma-7b), 120B was 123.6
    (nvidia/NVIDIA-Nemotron-3-Super-120B-A12B).
    """
    return stated + max(min(0.7 * stated, 1.9 * BILLION), 0.032 * stated)


def value_bits(parameters: float) -> float:
    """Bits of a value where no format is named."""
    return 32 if parameters <= SMALL_PARAMETERS else 16


def weights_gib(parameters: float, bits: float | None) -> float:
    """GiB of all weight files: of a format its scales, and embedding and head at 16 bits."""
    if bits is None or bits >= 16:
        return parameters * (bits or value_bits(parameters)) / 8 / GIB
    wide = min(parameters, WIDE_PARAMETERS)
    narrow = (parameters - wide) * min(16, bits + EXTRA_BITS)
    return (wide * 16 + narrow) / 8 / GIB


_DROPPED = re.compile(
    r"meta|hf|it|pt|instruct|chat|base|thinking|reasoning|preview|exp|latest|dynamic|block|"
    r"gguf|awq|gptq|marlin|bnb|autoround|bf16|fp16|(?:mx)?fp8|(?:nv|mx)?fp4|w\d+a\d+|int\d|"
    r"\d-?bit|g\d+|\d{4}|\d{6}|\d{8}|modelopt|quantized"
)
"""Words that change neither depth nor width: stage of training, date, format."""


def family_of(name: str) -> str:
    """What is left of a name without stage of training, date and format; owners are ignored."""
    words = re.split(r"[-_:]", re.sub(r"[-_:.]i?q\d_\w+", "", _last_part(name)))
    return "-".join(word for word in words if word and not _DROPPED.fullmatch(word))


def same_family(name: str, known: Iterable[str]) -> list[str]:
    """The known names of the same family, sorted; their sizes may be shared, no more than that."""
    family = family_of(name)
    return sorted(each for each in known if family and family_of(each) == family)


def _last_part(name: str) -> str:
    return name.rsplit("/", 1)[-1].lower()
