"""Manifests against Kubernetes' own schemas, of every version from 1.33 on that the package `kubernetes-validate` has:
tests/cluster/on_kubernetes.py golden/clusters/kubernetes*.snap
"""

import pathlib
import sys

import kubernetes_validate
import kubernetes_validate.utils
import yaml

for name in sys.argv[1:]:
    # A golden has a head between two lines of hyphens.
    text = pathlib.Path(name).read_text().split("\n---\n")[-1]
    manifest = yaml.safe_load(text)
    known = dict.fromkeys(kubernetes_validate.utils.all_versions())
    versions = [version for version in known if int(version.split(".")[1]) >= 33]
    assert versions, "there is no schema of 1.33 or newer"
    for version in versions:
        kubernetes_validate.validate(manifest, version, strict=True)
    print(f"{name}: fine for {', '.join(versions)}")
