"""Carry the facts of the published DigitalOcean document into `tool_specs/digitalocean/openapi.yaml`.

    python bench/carry_digitalocean_facts.py PUBLISHED.json TARGET.yaml [--texts FILE ...]

PUBLISHED.json (OpenAPI 3.0) gives facts only: paths, names, types, limits. Its sentences, examples, titles
and extensions stay behind. The words and the example values of TARGET.yaml (OpenAPI 3.1) are this project's
own; those that stand in it are kept, `--texts` adds more. TARGET.yaml has no reference into `paths`: what is
shared or repeated becomes a named component. Exit code 1 when an operation has no text yet; the file is
written all the same.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias, TypeGuard
from urllib.parse import unquote

import yaml

Json: TypeAlias = Any  # a JSON value of either document; tests/tool_specs compares the two, types could not
Node: TypeAlias = dict[str, Json]
Place: TypeAlias = tuple[str, ...]  # the tokens of a JSON Pointer
Convert: TypeAlias = Callable[[Place, Node], Node]

METHODS = ("get", "head", "post", "put", "patch", "delete", "options", "trace")
SCHEMA_MAPS = ("properties", "patternProperties")
SCHEMA_LISTS = ("allOf", "anyOf", "oneOf")
SCHEMA_CHILDREN = ("items", "not", "additionalProperties")
STEPS = {"requestBody": ".body", "schema": ":", "items": "[]", "additionalProperties": "{}", "not": "!"}
BOUNDS = (
    "pattern minimum exclusiveMinimum maximum exclusiveMaximum multipleOf minLength maxLength minItems "
    "maxItems uniqueItems minProperties maxProperties readOnly writeOnly"
)
TYPES = "type format enum const default"
SERIALIZED = "style explode allowReserved allowEmptyValue"
KEYS_IN_ORDER = (
    "openapi get head post put patch delete options trace $ref operationId name in info title version url "
    "servers security summary description tags deprecated parameters requestBody required schema paths "
    f"components schemas responses headers content {TYPES} scheme {BOUNDS} properties additionalProperties "
    f"items allOf anyOf oneOf not discriminator {SERIALIZED} example"
)
WORDS = "title description summary example examples externalDocs xml links"
MAPS_OF_NAMES = (
    "paths properties patternProperties schemas responses parameters headers requestBodies securitySchemes "
    "content mapping callbacks"
)
SCHEMA_FACTS = frozenset(f"{TYPES} {BOUNDS} required deprecated nullable".split())
PARAMETER_FACTS = f"name in required deprecated {SERIALIZED}".split()
DROPPED = frozenset(WORDS.split())
NAME_MAPS = frozenset(MAPS_OF_NAMES.split())
VALUES = frozenset(("enum", "const", "default", "example", "examples"))
ORDER = {key: rank for rank, key in enumerate(KEYS_IN_ORDER.split())}
SMALLEST_COMPONENT = 110  # characters of JSON; a shorter schema says more in its place than behind a name
REFERENCE = 50  # characters of JSON that a reference takes

STATUS_NAMES = {
    "200": ("Ok", "The request succeeded."),
    "201": ("Created", "Created."),
    "202": ("Accepted", "Accepted; the work goes on in the background."),
    "204": ("NoContent", "Done; the response has no body."),
    "400": ("BadRequest", "The request is malformed or breaks a rule of this operation."),
    "401": ("Unauthorized", "The token is missing, expired or wrong."),
    "403": ("Forbidden", "The token may not do this."),
    "404": ("NotFound", "No such resource in this account."),
    "409": ("Conflict", "The resource's present state does not allow this."),
    "412": ("PreconditionFailed", "Something this needs is missing or has changed."),
    "422": ("Unprocessable", "Well formed, but a value is not acceptable."),
    "429": ("TooManyRequests", "Rate limit used up; wait until ratelimit-reset."),
    "500": ("ServerError", "DigitalOcean failed to answer; try again later."),
    "default": ("UnexpectedError", "Any other failure."),
}

# Where the alternatives of a discriminator stand -> the name its mapping calls them by. Alternatives that
# look alike keep components of their own, so that every mapping entry has one to point at.
ALTERNATIVES = {
    "domains_create_record.body:|0": "domain_record_a",
    "domains_create_record.body:|1": "domain_record_aaaa",
    "domains_create_record.body:|2": "domain_record_caa",
    "domains_create_record.body:|3": "domain_record_cname",
    "domains_create_record.body:|4": "domain_record_mx",
    "domains_create_record.body:|5": "domain_record_ns",
    "domains_create_record.body:|6": "domain_record_soa",
    "domains_create_record.body:|7": "domain_record_srv",
    "domains_create_record.body:|8": "domain_record_txt",
    "dropletActions_post.body:|0": "droplet_action",
    "dropletActions_post.body:|1": "droplet_action_restore",
    "dropletActions_post.body:|2": "droplet_action_resize",
    "dropletActions_post.body:|3": "droplet_action_rebuild",
    "dropletActions_post.body:|4": "droplet_action_rename",
    "dropletActions_post.body:|5": "droplet_action_change_kernel",
    "dropletActions_post.body:|6": "droplet_action_snapshot",
    "floatingIPsAction_post.body:|0": "floating_ip_action_unassign",
    "floatingIPsAction_post.body:|1": "floating_ip_action_assign",
    "imageActions_post.body:|0": "image_action_base",
    "imageActions_post.body:|1": "image_action_transfer",
    "reservedIPsActions_post.body:|0": "reserved_ip_action_unassign",
    "reservedIPsActions_post.body:|1": "reserved_ip_action_assign",
    "volumeActions_post.body:|0": "volume_action_post_attach",
    "volumeActions_post.body:|1": "volume_action_post_detach",
    "volumeActions_post_byId.body:|2": "volume_action_post_resize",
}

# What stands under these labels gets components of its own even where something elsewhere looks alike.
APART: tuple[str, ...] = ("reservedIP",)

# Where a component stands in the published document -> its name, where the derived one would be poor.
NAMES = {
    "sshKeys_list.200:&1": "PageLinks",
    "sshKeys_list.200:&2": "PageMeta",
    "oneClicks_list.401:": "Error",
    "actions_list.200:&0.actions[].region": "Region",
    "droplets_list.200:&0.droplets[].image.regions[]": "RegionSlug",
    "droplets_list.200:&0.droplets[].image.distribution": "ImageDistribution",
    "droplets_create.202:|0.links.actions[]": "ActionLink",
    "droplets_create.body:|0&1": "DropletSettings",
    "droplets_list_backups.200:&0.backups[]&1": "SnapshotBase",
    "droplets_list_associatedResources.200:&0.reserved_ips[]": "AssociatedResource",
    "droplets_get_DestroyAssociatedResourcesStatus.200:.droplet": "DestroyedResource",
    "droplets_list_firewalls.200:&0.firewalls[]&1": "FirewallRules",
    "droplets_list_firewalls.200:&0.firewalls[]&1.inbound_rules[]&0": "FirewallPorts",
    "droplets_list_firewalls.200:&0.firewalls[]&1.inbound_rules[]&1.sources&0": "FirewallPeers",
    "apps_list.200:&0.apps[].active_deployment": "AppDeployment",
    "apps_list.200:&0.apps[].active_deployment.progress.steps[]": "AppDeploymentStep",
    "apps_list.200:&0.apps[].active_deployment.spec": "AppSpec",
    "apps_list.200:&0.apps[].active_deployment.spec.domains[]": "AppDomain",
    "apps_list.200:&0.apps[].active_deployment.spec.functions[].alerts[]": "AppAlertRule",
    "apps_list.200:&0.apps[].active_deployment.spec.services[]&0": "AppComponent",
    "apps_list.200:&0.apps[].active_deployment.spec.services[]&0.envs[]": "AppVariable",
    "apps_list.200:&0.apps[].active_deployment.spec.services[]&0.github": "AppGitSource",
    "apps_list.200:&0.apps[].active_deployment.spec.services[]&0.log_destinations": "AppLogDestination",
    "apps_list.200:&0.apps[].active_deployment.spec.services[]&1": "AppInstances",
    "apps_list.200:&0.apps[].active_deployment.spec.services[]&2.cors": "AppCors",
    "apps_list.200:&0.apps[].active_deployment.spec.services[]&2.routes[]": "AppRoute",
    "apps_list.200:&0.apps[].region": "AppRegion",
    "apps_list_tiers.200:.tiers[]": "AppTier",
    "apps_list_instanceSizes.200:.instance_sizes[]": "AppInstanceSize",
    "apps_list_alerts.200:.alerts[]": "AppAlert",
    "apps_get_metrics_bandwidth_daily.200:": "AppBandwidth",
    "apps_validate_rollback.200:.error&1": "AppRollbackIssue",
    "cdn_list_endpoints.200:&0.endpoints[]": "CdnEndpoint",
    "certificates_create.body:|0&0": "CertificateRequest",
    "databases_list_clusters.200:.databases[]": "DatabaseCluster",
    "databases_list_clusters.200:.databases[].connection&0": "DatabaseConnection",
    "databases_list_clusters.200:.databases[].maintenance_window&0": "DatabaseMaintenanceWindow",
    "databases_list_clusters.200:.databases[].rules[]": "DatabaseFirewallRule",
    "databases_list_clusters.200:.databases[].users[]": "DatabaseUser",
    "databases_list_options.200:.options.mongodb": "DatabaseEngineOptions",
    "databases_list_options.200:.version_availability.pg[]": "DatabaseVersionAvailability",
    "databases_get_config.200:.config": "DatabaseConfig",
    "databases_get_config.200:.config|0": "MysqlConfig",
    "databases_get_config.200:.config|1": "PostgresConfig",
    "databases_get_config.200:.config|2": "RedisConfig",
    "databases_list_connectionPools.200:.pools[]": "ConnectionPool",
    "databases_list_replicas.200:.replicas[]": "DatabaseReplica",
    "domains_list.200:&0.domains[]": "Domain",
    "floatingIPsAction_post.body:|0&0": "FloatingIpAction",
    "reservedIPsActions_post.body:|0&0": "ReservedIpAction",
    "reservedIPs_list.200:&0.reserved_ips[]": "ReservedIp",
    "functions_list_namespaces.200:&0.namespaces[]": "FunctionsNamespace",
    "functions_list_triggers.200:&0.triggers[]": "FunctionsTrigger",
    "images_create_custom.body:&0": "ImageTexts",
    "kubernetes_list_clusters.200:&0.kubernetes_clusters[].node_pools[]&1": "NodePoolSettings",
    "kubernetes_get_availableUpgrades.200:.available_upgrade_versions[]": "KubernetesVersion",
    "loadBalancers_create.body:": "LoadBalancerRequest",
    "loadBalancers_create.body:|0&0": "LoadBalancerDroplets",
    "loadBalancers_create.body:|1&0": "LoadBalancerTag",
    "loadBalancers_create.body:|0&2": "LoadBalancerSettings",
    "monitoring_list_alertPolicy.200:&0.policies[]": "AlertPolicy",
    "monitoring_list_alertPolicy.200:&0.policies[].alerts": "AlertDestinations",
    "monitoring_list_alertPolicy.200:&0.policies[].type": "AlertMetric",
    "monitoring_create_alertPolicy.body:": "AlertPolicyRequest",
    "monitoring_get_dropletBandwidthMetrics.200:": "Metrics",
    "projects_list.200:&0.projects[]&0": "ProjectBase",
    "projects_list_resources.200:&0.resources[]": "ProjectResource",
    "registry_get.200:.registry.subscription&1": "RegistrySubscription",
    "registry_get.200:.registry.subscription&1.tier": "RegistryTier",
    "registry_list_repositories.200:&0.repositories[].latest_tag": "RepositoryTag",
    "registry_list_repositoriesV2.200:&0.repositories[].latest_manifest": "RepositoryManifest",
    "tags_list.200:&0.tags[].resources&0": "TaggedResources",
    "tags_assign_resources.body:": "TagResourcesRequest",
    "uptime_checks_list.200:&0.checks[]": "UptimeCheck",
    "uptime_checks_list.200:&0.checks[]&1": "UptimeCheckSettings",
    "uptime_check_alerts_list.200:&0.alerts[]": "UptimeAlert",
    "uptime_check_alerts_list.200:&0.alerts[]&1": "UptimeAlertSettings",
    "uptime_check_state_get.200:.state.regions.us_east": "UptimeRegionState",
    "volumes_list.200:&0.volumes[]&0": "VolumeBase",
    "volumeActions_post.body:|0&0": "VolumeActionRequest",
    "volumeActions_post.202:.action": "VolumeAction",
    "vpcs_list.200:&0.vpcs[]&0": "VpcTexts",
    "apps_list_metrics_bandwidth_daily.200": "AppBandwidth",
    "apps_get_logs_active_deployment.200": "AppLogs",
    "databases_create_cluster.201": "DatabaseCluster",
    "databases_add.201": "Database",
    "databases_get_migrationStatus.200": "OnlineMigration",
    "databases_add_connectionPool.201": "ConnectionPool",
    "databases_create_replica.201": "DatabaseReplica",
    "databases_add_user.201": "DatabaseUser",
    "droplets_destroy_byTag.204": "NoContentTyped",
    "floatingIPsAction_post.201": "FloatingIpAction",
    "reservedIPsActions_post.201": "ReservedIpAction",
    "functions_create_namespace.200": "FunctionsNamespace",
    "functions_create_trigger.200": "FunctionsTrigger",
    "cdn_create_endpoint.201": "CdnEndpoint",
    "monitoring_create_alertPolicy.200": "AlertPolicy",
    "monitoring_get_dropletBandwidthMetrics.200": "Metrics",
    "projects_list_resources.200": "ProjectResources",
    "projects_assign_resources.200": "AssignedResources",
    "registry_get_subscription.200": "RegistrySubscription",
    "uptime_check_create.201": "UptimeCheck",
    "uptime_alert_create.201": "UptimeAlert",
    "volumeActions_post.202": "VolumeAction",
    "apps_get_logs_active_deployment.follow": "FollowLogs",
    "apps_get_logs_active_deployment.type": "LogType",
    "loadBalancers_get.lb_id": "LoadBalancerId",
    "monitoring_get_dropletBandwidthMetrics.start": "MetricsStart",
    "monitoring_get_dropletBandwidthMetrics.end": "MetricsEnd",
    "apps_create_rollback.body": "AppRollback",
    "apps_create_rollback.body:": "AppRollbackRequest",
    "kubernetes_add_registry.body:": "KubernetesRegistryRequest",
    "domains_patch_record.body": "DomainRecord",
    "firewalls_delete_droplets.body": "FirewallDroplets",
    "firewalls_delete_rules.body": "FirewallRules",
    "firewalls_delete_tags.body": "FirewallTags",
    "kubernetes_remove_registry.body": "KubernetesRegistryClusters",
    "loadBalancers_create.body": "LoadBalancer",
    "loadBalancers_remove_droplets.body": "LoadBalancerDroplets",
    "loadBalancers_remove_forwardingRules.body": "LoadBalancerForwardingRules",
    "monitoring_create_alertPolicy.body": "AlertPolicy",
    "projects_patch_default.body": "ProjectPatch",
    "projects_update_default.body": "ProjectUpdate",
    "projects_assign_resources_default.body": "ProjectResources",
    "tags_unassign_resources.body": "TagResources",
}


@dataclass(frozen=True)
class Fact:
    """One schema, parameter, header, response or body without words; what it holds may be facts in turn."""

    section: str
    node: Node
    digest: str
    size: int  # characters of JSON, written out in full
    own: int  # the same, with whatever could be a component taken as a reference to it


def is_object(value: Json) -> TypeGuard[Node]:
    return isinstance(value, dict)


def is_list(value: Json) -> TypeGuard[list[Json]]:
    return isinstance(value, list)


def child(node: Json, token: str) -> Json:
    return node[int(token)] if is_list(node) else node[token]


class Published:
    """The published document, read by place; a reference may pass through other references on its way."""

    def __init__(self, root: Node) -> None:
        self.root = root

    def at(self, place: Place) -> Json:
        node: Json = self.root
        for token in place:
            node = child(node, token)
        return node

    def target(self, reference: str) -> Place:
        """Where the thing that `reference` means is really written."""
        if not reference.startswith("#/"):
            raise SystemExit(f"reference outside the document: {reference}")
        place: Place = ()
        for token in unquote(reference[2:]).split("/"):
            place = (*self.settled(place), token.replace("~1", "/").replace("~0", "~"))
        return self.settled(place)

    def settled(self, place: Place) -> Place:
        node = self.at(place)
        return self.target(node["$ref"]) if is_object(node) and set(node) == {"$ref"} else place

    def position(self, place: Place) -> tuple[int, ...]:
        """Sorts places as the document is read, the outer before what it holds."""
        position: list[int] = []
        node: Json = self.root
        for token in place:
            position.append(list(node).index(token) if is_object(node) else int(token))
            node = child(node, token)
        return tuple(position)

    def operations(self) -> Iterator[tuple[str, str, Node]]:
        for path, item in self.root["paths"].items():
            for method, operation in item.items():
                if method in METHODS:
                    yield path, method, operation

    def label(self, place: Place) -> str:
        """A place in words: `droplets_list.200:&0.droplets[]`.

        After the colon comes the way through the schema; `&0` and `|0` stand for allOf and anyOf/oneOf.
        """
        operation = self.root["paths"][place[1]][place[2]]
        text, rest, node = operation["operationId"], list(place[3:]), operation
        while rest:
            step = rest.pop(0)
            node = child(node, step)
            if step == "parameters":
                node = node[int(rest.pop(0))]
                text += f".{node['name']}"
            elif step in (*SCHEMA_MAPS, "responses", "headers"):
                step = rest.pop(0)
                node = node[step]
                text += f".{step}"
            elif step in SCHEMA_LISTS:
                index = rest.pop(0)
                node = node[int(index)]
                text += ("&" if step == "allOf" else "|") + index
            elif step == "content":
                node = node[rest.pop(0)]
            else:
                text += STEPS[step]
        return text


class Carrier:
    """Turns places of the published document into facts; equal facts become one and the same."""

    def __init__(self, published: Published) -> None:
        self.published = published
        self.facts: dict[str, Fact] = {}
        self.labels: dict[str, list[str]] = {}
        self.shared: set[str] = set()
        self.extended: set[str] = set()  # what a reference with siblings means: it must stay a reference
        self.roots: Counter[str] = Counter()
        self.done: dict[Place, Fact] = {}
        self.first: dict[str, tuple[int, ...]] = {}
        self.converters: dict[str, Convert] = {
            "schemas": self.schema, "parameters": self.parameter, "headers": self.header,
            "responses": self.response, "requestBodies": self.body,
        }  # fmt: skip

    def fact(self, section: str, place: Place) -> Fact:
        target = self.published.settled(place)
        if target not in self.done:
            self.done[target] = self.interned(section, target)
        fact = self.done[target]
        if target != place:
            self.shared.add(fact.digest)
        return fact

    def interned(self, section: str, place: Place) -> Fact:
        label = self.published.label(place)
        node = self.converters[section](place, self.published.at(place))
        if list(node) == ["allOf"] and len(node["allOf"]) == 1:
            return node["allOf"][0]
        apart = next((prefix for prefix in APART if label.startswith(prefix)), ALTERNATIVES.get(label))
        wire_name = place[-1] if section == "headers" else None
        plain = json.dumps([section, apart, wire_name, node], sort_keys=True, default=lambda fact: fact.digest)
        digest = hashlib.sha256(plain.encode()).hexdigest()
        self.labels.setdefault(digest, []).append(label)
        position = self.published.position(place)
        self.first[digest] = min(position, self.first.get(digest, position))
        if digest not in self.facts:
            size = len(json.dumps(node, default=lambda fact: "." * fact.size))
            own = len(json.dumps(node, default=lambda fact: "." * min(fact.size, REFERENCE)))
            self.facts[digest] = Fact(section, node, digest, size, own)
        return self.facts[digest]

    def schema(self, place: Place, node: Node) -> Node:
        out: Node = {}
        for key, value in node.items():
            if key in SCHEMA_MAPS:
                out[key] = {name: self.fact("schemas", (*place, key, name)) for name in value}
            elif key in SCHEMA_LISTS:
                out[key] = [self.fact("schemas", (*place, key, str(index))) for index in range(len(value))]
            elif key in SCHEMA_CHILDREN and is_object(value):
                out[key] = self.fact("schemas", (*place, key))
            elif key == "$ref":
                out[key] = self.fact("schemas", self.published.target(value))
                self.shared.add(out[key].digest)
                self.extended.add(out[key].digest)
            elif key == "discriminator":
                mapping = {name: alternative_name(target) for name, target in value.get("mapping", {}).items()}
                out[key] = {"propertyName": value["propertyName"], "mapping": mapping}
            elif key in SCHEMA_FACTS or key in SCHEMA_CHILDREN:
                out[key] = value
            elif key not in DROPPED and not key.startswith("x-"):
                raise SystemExit(f"{self.published.label(place)}: keyword {key!r} is not known here")
        return upgraded(out)

    def parameter(self, place: Place, node: Node) -> Node:
        out = {key: node[key] for key in PARAMETER_FACTS if key in node}
        return out | self.contents(place, node)

    def header(self, place: Place, node: Node) -> Node:
        return {key: node[key] for key in PARAMETER_FACTS if key in node} | self.contents(place, node)

    def body(self, place: Place, node: Node) -> Node:
        return {key: node[key] for key in ("required",) if key in node} | self.contents(place, node)

    def response(self, place: Place, node: Node) -> Node:
        out: Node = {"description": STATUS_NAMES[place[-1]][1]}
        if node.get("headers"):
            out["headers"] = {name: self.fact("headers", (*place, "headers", name)) for name in node["headers"]}
        return out | self.contents(place, node)

    def contents(self, place: Place, node: Node) -> Node:
        """The `schema` and `content` of a parameter, header, body or response."""
        out: Node = {"schema": self.fact("schemas", (*place, "schema"))} if "schema" in node else {}
        if node.get("content"):
            out["content"] = {}
            for media_type, media in node["content"].items():
                carried: Node = {"encoding": media["encoding"]} if "encoding" in media else {}
                if "schema" in media:
                    carried["schema"] = self.fact("schemas", (*place, "content", media_type, "schema"))
                out["content"][media_type] = carried
        return out

    def operation(self, place: Place, node: Node) -> Node:
        out: Node = {key: node[key] for key in ("operationId", "tags", "deprecated") if key in node}
        if node.get("security", self.published.root.get("security")) != self.published.root.get("security"):
            out["security"] = node["security"]
        if node.get("parameters"):
            count = len(node["parameters"])
            out["parameters"] = [self.fact("parameters", (*place, "parameters", str(n))) for n in range(count)]
        if "requestBody" in node:
            out["requestBody"] = self.fact("requestBodies", (*place, "requestBody"))
        out["responses"] = {
            status: self.fact("responses", (*place, "responses", status)) for status in node["responses"]
        }
        self.roots.update(inner.digest for inner in facts_in(out))
        return out

    def components(self) -> list[Fact]:
        """The facts that become components, in the order of the published document."""
        uses, lifted = Counter(self.roots), list[Fact]()
        for fact in reversed(self.facts.values()):  # the outer before what it holds
            shared = fact.digest in self.shared or uses[fact.digest] > 1
            named = any(label in NAMES or label in ALTERNATIVES for label in self.labels[fact.digest])
            large = fact.section != "schemas" or fact.own >= SMALLEST_COMPONENT or fact.digest in self.extended
            if named or (shared and large):
                lifted.append(fact)
            times = 1 if lifted and lifted[-1] is fact else uses[fact.digest]
            for inner in facts_in(fact.node):
                uses[inner.digest] += times
        return sorted(lifted, key=lambda fact: self.first[fact.digest])


def facts_in(value: Json) -> Iterator[Fact]:
    if isinstance(value, Fact):
        yield value
    elif is_object(value) or is_list(value):
        for inner in value.values() if is_object(value) else value:
            yield from facts_in(inner)


def upgraded(schema: Node) -> Node:
    """The OpenAPI 3.1 form of a 3.0 schema: null is a type, an exclusive bound is a number."""
    if "allOf" in schema:  # what held only words
        schema["allOf"] = [inner for inner in schema["allOf"] if inner.node] or [{}]
    for bound, exclusive in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        if schema.get(exclusive) is True:
            schema[exclusive] = schema.pop(bound)
        elif schema.get(exclusive) is False:
            del schema[exclusive]
    if schema.pop("nullable", False) and "type" in schema:  # without a type 3.0 gives nullable no effect
        schema["type"] = [schema["type"], "null"]
        if "enum" in schema and None not in schema["enum"]:
            schema["enum"] = [*schema["enum"], None]
    return schema


# --- names ----------------------------------------------------------------------------------------


def pascal(text: str) -> str:
    """`ssh_key identifier` -> `SshKeyIdentifier`."""
    return "".join(word[0].upper() + word[1:] for word in re.findall(r"[A-Za-z0-9]+", text))


def alternative_name(target: str) -> str:
    """`models/volume_action_post_attach.yml` -> `VolumeActionAttach`."""
    return pascal(target.rpartition("/")[2].removesuffix(".yml").replace("_post_", "_"))


def singular(word: str) -> str:
    for ending, single in (("ies", "y"), ("sses", "ss"), ("xes", "x"), ("ss", "ss"), ("us", "us"), ("s", "")):
        if word.endswith(ending):
            return word.removesuffix(ending) + single
    return word


def candidates(fact: Fact, label: str) -> Iterator[str]:
    """Names for what stands at `label`, the shortest first; the last one is unique."""
    steps = [re.sub(r"[&|]\d+|\{\}|!", "", step) for step in re.split(r"[.:]+", label)]
    words = [singular(step.removesuffix("[]")) if step.endswith("[]") else step for step in steps if step]
    if fact.section == "responses":
        answer = [name for name in top_properties(fact) if name not in ("links", "meta")]
        if words[-1].startswith("2") and len(answer) == 1:
            yield pascal(answer[0])
        yield STATUS_NAMES[words[-1]][0]
    if fact.section == "schemas" and words[1:] in ([], words[-1:]):  # the whole body or answer
        yield pascal(words[0]) + ("Request" if words[-1] == "body" else "Response")
    kept = [word for word in words[1:] if word != "body" and word not in STATUS_NAMES]
    for start in range(len(kept) - 1, -1, -1):
        yield pascal(" ".join(kept[start:]))
    yield pascal(" ".join([words[0], *kept]))
    yield pascal(" ".join(words))
    yield pascal(label.replace("&", " All ").replace("|", " Any "))


def top_properties(fact: Fact) -> list[str]:
    """The property names of a schema, or of the body of a response, through its allOf."""
    names = list(fact.node.get("properties", ()))
    inner = fact.node.get("allOf", []) + [media.get("schema") for media in fact.node.get("content", {}).values()]
    return names + [name for part in inner if isinstance(part, Fact) for name in top_properties(part)]


def component_names(carrier: Carrier) -> dict[str, str]:
    """A name for each fact that becomes a component, by digest; the same document gives the same names."""
    names: dict[str, str] = {}
    taken: set[tuple[str, str]] = set()
    lifted = carrier.components()
    for chosen in (True, False):
        for fact in lifted:
            labels = carrier.labels[fact.digest]
            known = [
                name for label in labels if (name := NAMES.get(label) or alternative_name(ALTERNATIVES.get(label, "")))
            ]
            if bool(known) is not chosen:
                continue
            options = known if chosen else candidates(fact, labels[0])
            name = next((name for name in options if (fact.section, name) not in taken), None)
            if name is None:
                raise SystemExit(f"two components want the name {known or labels[0]}")
            taken.add((fact.section, name))
            names[fact.digest] = name
    return names


def written(value: Json, names: dict[str, str]) -> Json:
    """The plain form of a value: a fact with a name is a reference to it, any other is written out."""
    if isinstance(value, Fact):
        if value.digest in names:
            return {"$ref": f"#/components/{value.section}/{names[value.digest]}"}
        return body_of(value, names)
    if is_object(value):
        return {key: written(inner, names) for key, inner in value.items()}
    return [written(inner, names) for inner in value] if is_list(value) else value


def body_of(fact: Fact, names: dict[str, str]) -> Node:
    node = written(fact.node, names)
    if is_object(node.get("$ref")):  # a reference with siblings, which 3.1 allows
        node["$ref"] = node["$ref"]["$ref"]
    if "discriminator" in node:
        mapping = node["discriminator"]["mapping"]
        node["discriminator"]["mapping"] = {key: f"#/components/schemas/{name}" for key, name in mapping.items()}
    return node


def document(published: Published) -> Node:
    """The target document, without words yet."""
    root, carrier = published.root, Carrier(published)
    paths: Node = {}
    for path, method, operation in published.operations():
        paths.setdefault(path, {})[method] = carrier.operation(("paths", path, method), operation)
    names = component_names(carrier)
    return {
        "openapi": "3.1.0",
        "info": {"title": "DigitalOcean API", "version": root["info"]["version"]},
        "servers": [{"url": server["url"]} for server in root["servers"]],
        "security": root["security"],
        "tags": [{"name": tag["name"]} for tag in root["tags"]],
        "paths": written(paths, names),
        "components": components(carrier, names),
    }


def components(carrier: Carrier, names: dict[str, str]) -> Node:
    sections: dict[str, Node] = {}
    for digest, name in sorted(names.items(), key=lambda item: item[1]):
        fact = carrier.facts[digest]
        sections.setdefault(fact.section, {})[name] = body_of(fact, names)
    return sections | {"securitySchemes": {"bearer_auth": {"type": "http", "scheme": "bearer"}}}


# --- words ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Texts:
    """The words of the `--texts` files; where two files say something of one place, the later one counts."""

    operations: dict[str, dict[str, str]]
    parameters: dict[str, str]
    body: dict[str, dict[str, str]]
    schemas: dict[str, str]  # Component.dotted.path -> text
    examples: dict[str, Json]  # Component.dotted.path -> value
    tags: dict[str, str]

    @classmethod
    def read(cls, files: list[Path]) -> Texts:
        merged: dict[str, Node] = {name: {} for name in cls.__dataclass_fields__}
        for file in files:
            for section, entries in yaml.load(file.read_text(), yaml.CSafeLoader).items():
                for key, value in entries.items():
                    known = merged[section].get(key)
                    merged[section][key] = known | value if is_object(known) and section == "body" else value
        return cls(**merged)


def places_of_texts(node: Json, names: bool = False, place: Place = ()) -> Iterator[tuple[Place, str, Json]]:
    """Every summary, description and example value: where it stands, which it is, what it says."""
    entries: list[tuple[str, Json]] = list(node.items()) if is_object(node) else []
    if is_list(node):
        entries = [(token_of(inner, index), inner) for index, inner in enumerate(node)]
    for key, value in entries:
        if not names and is_object(node) and key in VALUES - {"example"}:
            continue
        if not names and (key == "example" or (key in ("summary", "description") and isinstance(value, str))):
            yield place, key, value
        else:
            yield from places_of_texts(value, key in NAME_MAPS and not names, (*place, key))


def token_of(entry: Json, index: int) -> str:
    """What tells an entry of a list from its neighbours when the list changes."""
    if is_object(entry) and "name" in entry and isinstance(entry["name"], str):
        return f"{entry.get('in')} {entry['name']}"
    return str(entry.get("$ref", index)) if is_object(entry) else str(index)


def found(node: Json, place: Place) -> Node | None:
    for token in place:
        if is_list(node):
            node = next((inner for index, inner in enumerate(node) if token_of(inner, index) == token), None)
        else:
            node = node.get(token) if is_object(node) else None
    return node if is_object(node) else None


def keep_texts(target: Node, earlier: Node) -> list[str]:
    """Move the words of the earlier document over; returns those that no longer have a place."""
    lost: list[str] = []
    for place, key, value in places_of_texts(earlier):
        node = found(target, place)
        if node is None:
            lost.append("/".join((*place, key)))
        else:
            node.setdefault(key, value)
    return lost


def resolved(target: Node, node: Node) -> Node:
    while "$ref" in node and set(node) <= {"$ref", "description", "example"}:
        node = found(target, tuple(node["$ref"][2:].split("/"))) or {}
    return node


def properties_at(target: Node, node: Node, path: str) -> list[Node]:
    """The schemas that `backup_policy.plan` or `rules[].type` means, in every alternative that has them."""
    if not path:
        return [node]
    matches: list[Node] = []
    here = resolved(target, node)
    branches = [branch for key in SCHEMA_LISTS for branch in here.get(key, [])]
    if "$ref" in here:
        branches.append({"$ref": here["$ref"]})
    for branch in branches:
        matches += properties_at(target, branch, path)
    for token, key in (("[]", "items"), ("{}", "additionalProperties")):
        if path.startswith(token) and is_object(here.get(key)):
            matches += properties_at(target, here[key], path.removeprefix(token).removeprefix("."))
    for name, inner in here.get("properties", {}).items():
        if re.match(re.escape(name) + r"(?=\.|\[|$)", path):
            matches += properties_at(target, inner, path.removeprefix(name).removeprefix("."))
    return list({id(node): node for node in matches}.values())


def operations_of(target: Node) -> dict[str, Node]:
    return {each["operationId"]: each for item in target["paths"].values() for each in item.values()}


def add_texts(target: Node, texts: Texts) -> list[str]:
    """Put the words where they belong; returns what has no place and what two operations say differently."""
    operations = operations_of(target)
    named = {
        *texts.operations,
        *texts.body,
        *(key.partition(".")[0] for key in texts.parameters if "." in key),
    }
    troubles = [f"no operation {name}" for name in sorted(named - set(operations))]
    for name, words in texts.operations.items():
        operations.get(name, {}).update({key: words[key] for key in ("summary", "description") if key in words})
    for tag in target["tags"]:
        tag.update({"description": texts.tags[tag["name"]]} if tag["name"] in texts.tags else {})
    schemas, missing = in_components(target, texts.schemas)
    examples, unknown = in_components(target, texts.examples)
    troubles += [f"no place for {path}" for path in (*missing, *unknown)]
    troubles += add_body_texts(target, operations, texts.body, settled={id(node) for node, _ in schemas})
    for key, entries in (("description", schemas), ("example", examples)):
        for node, value in entries:
            node[key] = value
    return troubles + add_parameter_texts(target, operations, texts.parameters)


def in_components(target: Node, entries: Node) -> tuple[list[tuple[Node, Json]], list[str]]:
    """The schemas that `Component.dotted.path` keys mean, with their values, and the keys that mean none."""
    placed: list[tuple[Node, Json]] = []
    missing: list[str] = []
    for path, value in entries.items():
        component, _, inner = path.partition(".")
        schema = target["components"]["schemas"].get(component)
        nodes = properties_at(target, schema, inner) if schema else []
        placed += [(node, value) for node in nodes]
        missing += [] if nodes else [path]
    return placed, missing


def add_body_texts(
    target: Node, operations: dict[str, Node], texts: dict[str, dict[str, str]], *, settled: set[int]
) -> list[str]:
    """A schema that several operations share takes the text most of them have; `settled` ones have theirs."""
    said: dict[int, tuple[Node, str, list[str]]] = {}
    troubles: list[str] = []
    for name, entries in texts.items():
        content = resolved(target, operations.get(name, {}).get("requestBody", {})).get("content", {})
        for path, text in entries.items():
            nodes = [node for media in content.values() for node in properties_at(target, media["schema"], path)]
            troubles += [] if nodes else [f"no place for {name}: {path}"]
            for node in nodes:
                said.setdefault(id(node), (node, f"{name}: {path}", []))[2].append(text)
    for node, place, words in said.values():
        node["description"], times = Counter(words).most_common(1)[0]
        if times < len(words) and id(node) not in settled:
            troubles.append(f"{place} is said differently: {sorted(set(words))}")
    return troubles


def add_parameter_texts(target: Node, operations: dict[str, Node], texts: dict[str, str]) -> list[str]:
    """A shared parameter takes the text most operations have; a reference that differs says so."""
    used: set[str] = set()
    users: dict[int, list[tuple[Node, str]]] = {}
    for name, operation in operations.items():
        for entry in operation.get("parameters", []):
            parameter = resolved(target, entry)
            keys = [key for key in (f"{name}.{parameter['name']}", parameter["name"]) if key in texts]
            used.update(keys)
            users.setdefault(id(parameter), []).append((entry, texts[keys[0]] if keys else ""))
    for entries in users.values():
        describe(resolved(target, entries[0][0]), entries)
    return [f"no parameter {key}" for key in sorted(set(texts) - used)]


def describe(parameter: Node, entries: list[tuple[Node, str]]) -> None:
    """`entries` are the references to the parameter, or itself, each with the text of its operation."""
    general, times = Counter(text for _, text in entries).most_common(1)[0]
    if general and times * 2 > len(entries):
        parameter["description"] = general
    for entry, text in entries:
        if entry is not parameter and text and text == parameter.get("description"):
            entry.pop("description", None)
        elif text:
            entry["description"] = text


# --- the file -------------------------------------------------------------------------------------

MISREAD = re.compile(r"[yYnN]|0o?[0-9a-fA-Fx]+|[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
LEAF = {"$ref", "type"}  # one of these makes a small object a schema that may stand in one line
LONG = {"description", "properties", "url"}  # and these never do
LINE = 98  # PyYAML breaks at the first space after it, so that lines stay below 110
LONGEST_FLOW = 80  # characters, as Python writes it, of what stands in one line
HEADER = """\
# The DigitalOcean API for specport. The facts follow DigitalOcean's published OpenAPI document (Apache-2.0);
# every text and example value is this project's own. Edit words here; the facts are carried over by
# bench/carry_digitalocean_facts.py.
"""


class Dumper(yaml.SafeDumper):
    """Block style without anchors, but the smallest schemas and lists stand in one line."""

    def ignore_aliases(self, data: Json) -> bool:
        del data  # all the same: no value is written as an alias of another
        return True


def in_one_line(data: Json) -> bool:
    if len(str(data)) >= LONGEST_FLOW:
        return False
    if is_object(data):
        return not LONG & set(data) and any(key in data and not is_object(data[key]) for key in LEAF)
    return not any(is_object(inner) or is_list(inner) for inner in data)


def dumped_object(dumper: Dumper, data: Node) -> yaml.Node:
    return dumper.represent_mapping("tag:yaml.org,2002:map", data.items(), flow_style=in_one_line(data))


def dumped_list(dumper: Dumper, data: list[Json]) -> yaml.Node:
    return dumper.represent_sequence("tag:yaml.org,2002:seq", data, flow_style=in_one_line(data))


def dumped_text(dumper: Dumper, text: str) -> yaml.Node:
    """Text that YAML 1.2 or 1.1 takes for a number or a truth value is quoted where PyYAML would not."""
    style = "'" if MISREAD.fullmatch(text) else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style)  # pyright: ignore[reportUnknownMemberType]


Dumper.add_representer(dict, dumped_object)
Dumper.add_representer(list, dumped_list)
Dumper.add_representer(str, dumped_text)


def arranged(node: Json, names: bool = False) -> Json:
    """The same document with the keys of every object in the conventional order."""
    if is_list(node):
        return [arranged(inner) for inner in node]
    if not is_object(node):
        return node
    keys = list(node) if names else sorted(node, key=lambda key: rank(key, node[key]))
    return {
        key: node[key] if key in VALUES and not names else arranged(node[key], key in NAME_MAPS and not names)
        for key in keys
    }


def rank(key: str, value: Json) -> float:
    if key == "required" and is_list(value):  # of a schema, not of a parameter
        return ORDER["properties"] - 0.5
    return ORDER.get(key, len(ORDER))


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("published", type=Path, help="the published document, JSON")
    parser.add_argument("target", type=Path, help="the document to write, YAML; words that stand in it are kept")
    parser.add_argument("--texts", type=Path, nargs="*", default=[], metavar="FILE", help="words to add, YAML")
    chosen = parser.parse_args(arguments)
    target = document(Published(json.loads(chosen.published.read_text())))
    earlier = yaml.load(chosen.target.read_text(), yaml.CSafeLoader) if chosen.target.exists() else None
    lost = keep_texts(target, earlier or {})
    troubles = [f"lost with its place: {place}" for place in lost] + add_texts(target, Texts.read(chosen.texts))
    text = yaml.dump(arranged(target), Dumper=Dumper, width=LINE, sort_keys=False, allow_unicode=True)
    chosen.target.write_text(HEADER + text)
    silent = [
        name for name, each in operations_of(target).items() if not each.get("summary") or not each.get("description")
    ]
    for line in [*troubles, *(f"operation without text: {name}" for name in silent)]:
        sys.stderr.write(line + "\n")
    return 1 if silent else 0


if __name__ == "__main__":
    sys.exit(main())
