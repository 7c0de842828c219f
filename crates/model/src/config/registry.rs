use serde::Serialize;

use super::describe::{Branch, KeyDoc, KeyKind, leaf, section};
use super::section::Section;
use super::values;
use super::values::Seconds;
use crate::CapabilityPattern;

/// Where a registry keeps its records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum RegistryBackend {
    /// The embedded database in the data directory.
    #[default]
    Sqlite,
    /// The guide's `servers.json`.
    File,
    /// Redis: a single node, a cluster, or behind Sentinel.
    Redis,
    /// Consul's key-value store.
    Consul,
    /// Memory: nothing survives the process.
    Memory,
}

const BACKENDS: [(&str, RegistryBackend); 5] = [
    ("sqlite", RegistryBackend::Sqlite),
    ("file", RegistryBackend::File),
    ("redis", RegistryBackend::Redis),
    ("consul", RegistryBackend::Consul),
    ("memory", RegistryBackend::Memory),
];

/// One registry.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct RegistryConfig {
    /// Its name; the default is the name of the backend.
    pub name: Option<String>,
    /// Where it keeps its records.
    pub backend: RegistryBackend,
    /// Its settings.
    pub config: RegistryOptions,
}

/// The keys that the guide puts below `config`. A key that does not belong to the backend is an unknown key.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[expect(clippy::struct_excessive_bools, reason = "the keys of the guide's file, each a switch of its own")]
pub struct RegistryOptions {
    /// Whether servers that were found automatically and are gone are removed.
    pub auto_cleanup: bool,
    /// The time between two searches for them.
    pub cleanup_interval: Seconds,
    /// How long a server must be without contact before it is removed.
    pub deregister_after: Seconds,
    /// Encrypt every value before it is sent to a shared store.
    pub encrypt_server_info: bool,
    /// The allowed capabilities. Absent: all. Empty: none.
    pub allowed_capabilities: Option<Vec<CapabilityPattern>>,
    /// The region of servers that do not name one.
    pub datacenter: Option<String>,
    /// `file`: the `servers.json`.
    pub registry_file: Option<String>,
    /// `redis`: the addresses of all nodes.
    pub redis_urls: Vec<String>,
    /// `redis`: the nodes are a cluster.
    pub cluster_mode: bool,
    /// `redis`: the name of the master that the sentinels watch. Wins over `cluster_mode`.
    pub sentinel_service: Option<String>,
    /// `consul`: the address of the agent.
    pub consul_url: Option<String>,
    /// `redis`, `consul`: the prefix of every key.
    pub key_prefix: Option<String>,
    /// `consul`: how long a server's check passes after each report.
    pub health_check_ttl: Option<Seconds>,
    /// `redis`, `consul`: check certificates.
    pub tls_verify: bool,
    /// `redis`: its password, as `${NAME}`.
    pub password: Option<String>,
    /// `consul`: its token, as `${NAME}`.
    pub acl_token: Option<String>,
}

impl Default for RegistryOptions {
    fn default() -> Self {
        Self {
            auto_cleanup: false,
            cleanup_interval: Seconds(300.0),
            deregister_after: Seconds(900.0),
            encrypt_server_info: false,
            allowed_capabilities: None,
            datacenter: None,
            registry_file: None,
            redis_urls: Vec::new(),
            cluster_mode: false,
            sentinel_service: None,
            consul_url: None,
            key_prefix: None,
            health_check_ttl: None,
            tls_verify: true,
            password: None,
            acl_token: None,
        }
    }
}

/// Every key of one registry.
pub(super) const KEYS: &[Branch] = &[
    leaf(KeyDoc::new("name", KeyKind::Text, "shared", "Its name; absent means the name of the backend")),
    leaf(KeyDoc::new(
        "backend",
        KeyKind::Word(&["sqlite", "file", "redis", "consul", "memory"]),
        "sqlite",
        "Where its records are kept",
    )),
    section(
        KeyDoc::new("config", KeyKind::Section, "{ auto_cleanup: true }", "Settings of the backend"),
        CONFIG_KEYS,
    ),
];

const CONFIG_KEYS: &[Branch] = &[
    leaf(
        KeyDoc::new("registry_file", KeyKind::Text, "/etc/mcp/servers.json", "The `servers.json`")
            .only("file")
            .needed(),
    ),
    leaf(KeyDoc::new(
        "auto_cleanup",
        KeyKind::Truth,
        "true",
        "Remove servers that were found automatically and are gone",
    )),
    leaf(KeyDoc::new(
        "cleanup_interval",
        KeyKind::Seconds(1.0),
        "300",
        "The time from one search for them to the next",
    )),
    leaf(KeyDoc::new(
        "deregister_after",
        KeyKind::Seconds(60.0),
        "900",
        "How long without contact before one is removed",
    )),
    leaf(KeyDoc::new(
        "encrypt_server_info",
        KeyKind::Truth,
        "false",
        "Encrypt every value before it is sent to a shared store",
    )),
    leaf(KeyDoc::new(
        "allowed_capabilities",
        KeyKind::List(&KeyKind::Capability),
        "[\"weather.*\"]",
        "Keep only servers that offer one of these; absent means all, empty none",
    )),
    leaf(
        KeyDoc::new(
            "redis_urls",
            KeyKind::OneOrMany(&KeyKind::Url(&["redis", "rediss"])),
            "[\"redis://host:6379\"]",
            "The addresses of all nodes",
        )
        .only("redis")
        .needed(),
    ),
    leaf(
        KeyDoc::new(
            "redis_url",
            KeyKind::OneOrMany(&KeyKind::Url(&["redis", "rediss"])),
            "redis://host:6379",
            "The address of a single node; the same as `redis_urls`",
        )
        .only("redis"),
    ),
    leaf(KeyDoc::new("cluster_mode", KeyKind::Truth, "false", "The nodes are a cluster").only("redis")),
    leaf(
        KeyDoc::new(
            "sentinel_service",
            KeyKind::Text,
            "mcp-registry",
            "The name of the master that the sentinels watch; wins over `cluster_mode`",
        )
        .only("redis"),
    ),
    leaf(
        KeyDoc::new(
            "consul_url",
            KeyKind::Url(&["http", "https"]),
            "http://127.0.0.1:8500",
            "The address of the agent",
        )
        .only("consul")
        .needed(),
    ),
    leaf(
        KeyDoc::new("key_prefix", KeyKind::Text, "mcp/servers", "The prefix of every key in the store")
            .only("redis, consul"),
    ),
    leaf(
        KeyDoc::new(
            "health_check_ttl",
            KeyKind::Seconds(1.0),
            "30",
            "How long a server's check passes after each report",
        )
        .only("consul"),
    ),
    leaf(KeyDoc::new("datacenter", KeyKind::Text, "us-west-2", "The region of servers that name none")),
    leaf(KeyDoc::new("tls_verify", KeyKind::Truth, "true", "Check certificates").only("redis, consul")),
    leaf(KeyDoc::new("password", KeyKind::Secret, "${REDIS_PASSWORD}", "The password").only("redis")),
    leaf(KeyDoc::new("acl_token", KeyKind::Secret, "${CONSUL_ACL_TOKEN}", "The token").only("consul")),
];

pub(super) fn read(mut section: Section<'_>) -> RegistryConfig {
    let name = section.text("name");
    let named = section.place_of("backend");
    let backend = section.one_of("backend", &BACKENDS);
    let config = section.section("config");
    let config = match (named, backend) {
        (Some(_), None) => common_only(config),
        (_, backend) => options(config, backend.unwrap_or_default()),
    };
    section.finish();
    RegistryConfig { name, backend: backend.unwrap_or_default(), config }
}

/// `registries:` is a list of sections like `service_registry:`.
pub(super) fn read_list(root: &mut Section<'_>) -> Vec<RegistryConfig> {
    let items = root.list("registries").unwrap_or_default();
    let sections =
        items.into_iter().enumerate().map(|(i, item)| root.below(&format!("registries[{i}]"), item));
    sections.collect::<Vec<_>>().into_iter().map(read).collect()
}

/// If the backend is unknown, it is unknown which keys belong to it.
fn common_only(mut section: Section<'_>) -> RegistryOptions {
    common(&mut section)
}

fn options(mut section: Section<'_>, backend: RegistryBackend) -> RegistryOptions {
    let mut options = common(&mut section);
    match backend {
        RegistryBackend::File => file(&mut section, &mut options),
        RegistryBackend::Redis => redis(&mut section, &mut options),
        RegistryBackend::Consul => consul(&mut section, &mut options),
        RegistryBackend::Sqlite | RegistryBackend::Memory => {}
    }
    section.finish();
    options
}

fn common(section: &mut Section<'_>) -> RegistryOptions {
    let default = RegistryOptions::default();
    RegistryOptions {
        auto_cleanup: section.truth("auto_cleanup").unwrap_or(default.auto_cleanup),
        cleanup_interval: section.seconds("cleanup_interval", 1.0).unwrap_or(default.cleanup_interval),
        deregister_after: section.seconds("deregister_after", 60.0).unwrap_or(default.deregister_after),
        encrypt_server_info: section.truth("encrypt_server_info").unwrap_or(default.encrypt_server_info),
        allowed_capabilities: values::patterns(section, "allowed_capabilities"),
        datacenter: section.text("datacenter"),
        ..RegistryOptions::default()
    }
}

fn file(section: &mut Section<'_>, options: &mut RegistryOptions) {
    let place = section.place;
    let given = section.place_of("registry_file");
    options.registry_file = section.text("registry_file");
    if given.is_none() {
        let message = "the backend `file` needs its file: write `registry_file: /etc/mcp/servers.json`";
        section.error(place, "registry_file", message);
    }
}

fn redis(section: &mut Section<'_>, options: &mut RegistryOptions) {
    let place = section.place;
    let mut given = false;
    for key in ["redis_urls", "redis_url"] {
        let Some(node) = section.take(key) else { continue };
        given = true;
        for (i, node) in values::one_or_many(node).into_iter().enumerate() {
            let url = values::url(section, &node, &format!("{key}[{i}]"), &["redis", "rediss"]);
            options.redis_urls.extend(url);
        }
    }
    if !given {
        let message = "the backend `redis` needs its address: write `redis_urls: [\"redis://host:6379\"]`";
        section.error(place, "redis_urls", message);
    }
    let sentinel = section.place_of("sentinel_service");
    options.cluster_mode = section.truth("cluster_mode").unwrap_or(false);
    options.sentinel_service = section.text("sentinel_service");
    options.key_prefix = section.text("key_prefix");
    options.tls_verify = section.truth("tls_verify").unwrap_or(true);
    options.password = values::secret(section, "password");
    if let Some(place) = sentinel.filter(|_| options.cluster_mode && options.sentinel_service.is_some()) {
        let message =
            "Sentinel and `cluster_mode` exclude each other: Sentinel is used; leave `cluster_mode` out";
        section.warn(place, "sentinel_service", message);
    }
}

fn consul(section: &mut Section<'_>, options: &mut RegistryOptions) {
    let place = section.place;
    match section.take("consul_url") {
        None => {
            let message = "the backend `consul` needs its address: write `consul_url: http://127.0.0.1:8500`";
            section.error(place, "consul_url", message);
        }
        Some(node) => options.consul_url = values::url(section, &node, "consul_url", &["http", "https"]),
    }
    options.key_prefix = section.text("key_prefix");
    options.health_check_ttl = section.seconds("health_check_ttl", 1.0);
    options.tls_verify = section.truth("tls_verify").unwrap_or(true);
    options.acl_token = values::secret(section, "acl_token");
}
