"""A real Kubernetes with one node on one Linux machine: no docker, no systemd, no registry.

`layout` names folders and addresses, `keys` makes certificates and kubeconfigs, `configs` the
files that the parts read, `parts` their command lines. `inside` is the first process of the
namespaces in which all of it runs, `lifetime` starts and ends it from outside.
"""
