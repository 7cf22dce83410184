"""The files of deploy/ as far as they can be checked without containers: references, hardening, one process a database."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from streams.folder import Folder, read_folder
from tests.deploy.commands import DEPLOY, UNITS, compose, containers, instructions, last, manifests, unit
from tests.streams.county import REPEATED, write_rules
from tests.streams.program import Program

if TYPE_CHECKING:
    from pathlib import Path

LINK = re.compile(r"\]\(([^)#\s:]+)[^)]*\)")


def test_links_of_the_readme_lead_somewhere() -> None:
    text = (DEPLOY / "README.md").read_text("utf-8")
    assert [target for target in LINK.findall(text) if not (DEPLOY / target).exists()] == []


# The image -----------------------------------------------------------------------------------------------------------


def test_the_image_runs_as_a_number_that_is_not_root_and_has_what_it_copies(house: Path) -> None:
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", last("USER"))
    copied = [rest.split()[:-1] for word, rest in instructions() if word == "COPY" and not rest.startswith("--from")]
    sources = {source for sources in copied for source in sources}
    assert [source for source in sources if not (house / source).exists()] == []
    let_through = set(re.findall(r"^!(.*)$", (house / ".dockerignore").read_text("utf-8"), re.MULTILINE))
    assert let_through == sources


def test_the_image_is_installed_from_the_lock_alone() -> None:
    installed = [rest for word, rest in instructions() if word == "RUN" and "pip install" in rest]
    assert len(installed) == 2
    assert "--require-hashes --requirement requirements/deploy.lock" in installed[0]
    assert "--no-deps --no-build-isolation" in installed[1]
    assert [rest for word, rest in instructions() if word == "FROM"] == ["${BASE} AS build", "${BASE}"], "one base, given by digest"


# Compose -------------------------------------------------------------------------------------------------------------


def test_compose_names_nothing_that_is_not_there() -> None:
    file = compose()
    used: Counter[str] = Counter()
    for name, service in file["services"].items():
        for volume in service.get("volumes", []):
            source = volume.partition(":")[0]
            used[source] += not source.startswith("..")
            assert source in file["volumes"] or (DEPLOY / source).exists(), name
        assert set(service.get("secrets", [])) <= set(file["secrets"])
        assert set(service.get("depends_on", {})) <= set(file["services"])
    assert {source: count for source, count in used.items() if count > 1} == {}, "two processes of one volume"


def test_services_of_ours_cannot_do_more_than_they_need() -> None:
    for name, service in compose()["services"].items():
        if name != "broker":
            assert (service["read_only"], service["cap_drop"], service["security_opt"]) == (True, ["ALL"], ["no-new-privileges:true"]), name
    assert all(port.startswith("127.0.0.1:") for service in compose()["services"].values() for port in service.get("ports", []))


# Kubernetes ----------------------------------------------------------------------------------------------------------


def of_kind(kind: str) -> list[dict[str, Any]]:
    """Return the objects of one kind."""
    return [one for one in manifests() if one["kind"] == kind]


def test_pods_are_not_root_and_cannot_do_more_than_they_need() -> None:
    for one, container in containers():
        pod = one["spec"]["template"]["spec"]
        assert pod["securityContext"]["runAsNonRoot"]
        assert pod["securityContext"]["runAsUser"] == int(last("USER").partition(":")[0])
        assert not pod["automountServiceAccountToken"]
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }


def test_every_mount_has_its_volume_and_every_selector_its_pods() -> None:
    pods = [one["spec"]["template"]["metadata"]["labels"] for one, _ in containers()]
    for one, container in containers():
        volumes = {volume["name"] for volume in one["spec"]["template"]["spec"]["volumes"]}
        volumes |= {claim["metadata"]["name"] for claim in one["spec"].get("volumeClaimTemplates", [])}
        assert {mount["name"] for mount in container["volumeMounts"]} == volumes
        assert one["spec"]["selector"]["matchLabels"].items() <= one["spec"]["template"]["metadata"]["labels"].items()
    selectors = [one["spec"]["selector"]["matchLabels"] for one in of_kind("PodDisruptionBudget")]
    selectors += [one["spec"]["selector"] for one in of_kind("Service")]
    selectors += [one["spec"]["podSelector"]["matchLabels"] for one in of_kind("NetworkPolicy")]
    assert [selector for selector in selectors if not any(selector.items() <= labels.items() for labels in pods)] == []


def test_what_has_a_database_is_one_process_with_a_disk_that_stays() -> None:
    for one, container in containers():
        if "--db" in container["args"]:
            assert (one["kind"], one["spec"]["replicas"]) == ("StatefulSet", 1)
            assert one["spec"]["volumeClaimTemplates"][0]["spec"]["accessModes"] == ["ReadWriteOncePod"]
    watching = next(container for one, container in containers() if one["metadata"]["name"] == "clearly-watching")
    assert watching["args"][watching["args"].index("--instance") + 1] == "$(POD_NAME)", "a name that stays"


def test_every_workload_has_a_budget_and_a_network_policy() -> None:
    budgets = [one["spec"]["selector"]["matchLabels"] for one in of_kind("PodDisruptionBudget")]
    for one, _ in containers():
        assert one["spec"]["template"]["metadata"]["labels"] in budgets, one["metadata"]["name"]
    for policy in of_kind("NetworkPolicy"):
        assert set(policy["spec"]["policyTypes"]) == {"Ingress", "Egress"}
        assert all(rule.get("from") for rule in policy["spec"]["ingress"])
        assert all(rule.get("to") for rule in policy["spec"]["egress"])


def config_map(rules: Path, folder: Path) -> dict[str, Any]:
    """Return the objects that rules.py writes for a rules folder: the ConfigMap and the patch."""
    folder.mkdir(exist_ok=True)
    subprocess.run([sys.executable, str(DEPLOY / "kubernetes" / "rules.py"), str(rules), str(folder)], check=True, capture_output=True)
    return {name: yaml.safe_load((folder / f"{name}.yaml").read_text("utf-8")) for name in ("rules", "rules-volume")}


def mount(objects: dict[str, Any], at: Path) -> None:
    """Lay a ConfigMap out as the kubelet does: a new folder, and the link `..data` swapped to it."""
    at.mkdir(exist_ok=True)
    fresh = at / f"..{len(list(at.iterdir()))}"
    items = objects["rules-volume"]["spec"]["template"]["spec"]["volumes"][0]["configMap"]["items"]
    for item in items:
        path = fresh / item["path"]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(objects["rules"]["data"][item["key"]], encoding="utf-8")
    (at / "..data_tmp").symlink_to(fresh.name)
    (at / "..data_tmp").rename(at / "..data")
    for name in {item["path"].partition("/")[0] for item in items}:
        if not (at / name).is_symlink():
            (at / name).symlink_to(f"..data/{name}")


def test_a_mounted_config_map_is_the_same_rules_folder(house: Path, tmp_path: Path) -> None:
    mount(config_map(house / "rules", tmp_path / "written"), tmp_path / "mounted")
    mounted, own = read_folder(tmp_path / "mounted"), read_folder(house / "rules")
    assert isinstance(mounted, Folder)
    assert isinstance(own, Folder)
    assert dict(mounted.files) == {name: text for name, text in own.files.items() if not name.endswith(".test.yaml")}


def test_a_link_that_leads_back_into_the_folder_is_not_followed(tmp_path: Path) -> None:
    rules = write_rules(tmp_path / "rules")
    (rules / "again").symlink_to(rules)
    (rules / ".hidden").mkdir()
    (rules / ".hidden" / "loop").symlink_to(rules / ".hidden")
    (rules / "elsewhere").symlink_to(tmp_path)
    (rules / "hidden").symlink_to(".hidden")
    found = read_folder(rules)
    assert isinstance(found, Folder)
    assert sorted(found.files) == ["catalogue.yaml", "long-outage.yaml", "repeated-outage.yaml", "weak-area.yaml"]


def test_a_config_map_that_is_applied_again_is_taken_up_by_the_running_process(tmp_path: Path) -> None:
    rules = write_rules(tmp_path / "rules")
    (rules / "outage").mkdir()
    (rules / "repeated-outage.yaml").rename(rules / "outage" / "repeated-outage.yaml")
    mount(config_map(rules, tmp_path / "written"), tmp_path / "mounted")
    with Program(tmp_path / "mounted", tmp_path / "db", (), http="127.0.0.1:0") as program:
        program.url()
        (rules / "outage" / "repeated-outage.yaml").write_text(REPEATED.replace("at least 3", "at least 4"), encoding="utf-8")
        mount(config_map(rules, tmp_path / "written"), tmp_path / "mounted")
        now = read_folder(tmp_path / "mounted")
        assert isinstance(now, Folder)
        assert program.says(r"rules taken up.*version=(\w+)")[1] == now.version
        assert program.stop() == 0


@pytest.mark.skipif(shutil.which("kubectl") is None, reason="needs kubectl to render the manifests, and there is none")
def test_kubectl_renders_the_manifests(house: Path, tmp_path: Path) -> None:
    shutil.copytree(DEPLOY / "kubernetes", tmp_path / "kubernetes")
    config_map(house / "rules", tmp_path / "kubernetes")
    for folder, wanted in (("kubernetes", "StatefulSet clearly"), ("kubernetes/kafka", "StatefulSet clearly-watching")):
        done = subprocess.run(["kubectl", "kustomize", str(tmp_path / folder)], check=True, capture_output=True, text=True)
        rendered = [f"{one['kind']} {one['metadata']['name']}" for one in yaml.safe_load_all(done.stdout)]
        assert wanted in rendered
        assert len(set(rendered)) == len(rendered)


# systemd -------------------------------------------------------------------------------------------------------------

HARDENED = {
    "NoNewPrivileges": "yes",
    "ProtectSystem": "strict",
    "ProtectHome": "yes",
    "PrivateTmp": "yes",
    "PrivateDevices": "yes",
    "CapabilityBoundingSet": "",
    "RestrictSUIDSGID": "yes",
    "SystemCallArchitectures": "native",
}


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_a_unit_is_hardened_and_writes_to_its_own_folder_alone(path: Path) -> None:
    settings = unit(path)
    assert {name: settings[name][0] for name in HARDENED} == HARDENED
    assert settings["User"] == ["clearly"]
    if settings["Type"] == ["oneshot"]:
        return
    written = re.findall(r"/var/lib/([\w%/-]+?)(?:/[\w.]+\.db|/incoming)?(?= |$)", settings["ExecStart"][0])
    assert set(written) <= set(settings["StateDirectory"][0].split())
    assert "2" in settings["RestartPreventExitStatus"][0].split(), "what cannot be used as asked is not started again and again"


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze, and there is none")
@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_systemd_has_no_complaint_about_a_unit(path: Path, tmp_path: Path) -> None:
    copy = tmp_path / path.name.replace("@.", "@1.")
    copy.write_text(path.read_text("utf-8").replace("/opt/clearly/bin/clearly", sys.executable), encoding="utf-8")
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", str(copy)], check=False, capture_output=True, text=True)
    assert [line for line in done.stderr.splitlines() if copy.name in line] == []
