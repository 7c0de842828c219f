use super::GUIDE;
use crate::config::{Config, Severity, check, decode};

const SECRETS: &str = r#"
service_registry:
  backend: redis
  config:
    redis_urls: ["redis://me:hunter2@a:1", "redis://b:2"]
    password: hunter2
registries:
  - backend: consul
    config:
      consul_url: http://c:8500
      acl_token: ${CONSUL_TOKEN}
notifications:
  webhook: https://hooks.example/services/hunter2
custom_checks:
  api:
    type: http
    path: /?api_key=hunter2
    headers: { X-Thing: hunter2, Authorization: "Bearer ${API_TOKEN}" }
  db:
    type: script
    command: check-db
    args: ["--password", "hunter2", "--port", "5432"]
    arguments: { token: hunter2, nested: { password: [hunter2] } }
gateway:
  auth: token
"#;

#[test]
fn a_secret_is_shown_by_its_variables_name_or_not_at_all() {
    let (config, warnings) = Config::from_yaml(SECRETS).unwrap();
    let shown = config.shown();
    let text = shown.to_string();
    assert!(!text.replace("/?api_key=hunter2", "").contains("hunter2"), "{text}");
    for problem in warnings {
        assert!(!problem.to_string().contains("hunter2"), "{problem}");
    }
    for (pointer, expected) in [
        ("/registries/0/config/acl_token", "${CONSUL_TOKEN}"),
        ("/registries/0/config/consul_url", "http://c:8500"),
        ("/service_registry/config/redis_urls/0", "redis://…@a:1"),
        ("/notifications/webhook", "https://hooks.example/…"),
        ("/custom_checks/api/headers/Authorization", "Bearer ${API_TOKEN}"),
        ("/custom_checks/db/args/3", "5432"),
        ("/gateway/auth", "token"),
    ] {
        assert_eq!(
            shown.pointer(pointer).and_then(|value| value.as_str()),
            Some(expected),
            "{pointer}: {text}"
        );
    }
}

#[test]
fn ports_are_shown_as_the_file_has_them() {
    let (config, _) = Config::from_yaml("network_discovery:\n  scan_ports: [80, \"3000-3010\"]\n").unwrap();
    assert_eq!(config.shown()["network_discovery"]["scan_ports"], serde_json::json!([80, "3000-3010"]));
}

#[test]
fn a_secret_of_the_wrong_kind_is_not_repeated() {
    let text = SECRETS.replace("password: hunter2", "password: 20071999");
    let problems = check(&text);
    assert!(
        problems
            .iter()
            .any(|problem| problem.severity == Severity::Error && problem.path.ends_with("password"))
    );
    assert!(problems.iter().all(|problem| !problem.message.contains("20071999")), "{problems:?}");
}

#[test]
fn what_changed_is_named_by_its_section() {
    let config = |text: &str| Config::from_yaml(text).unwrap().0;
    let guide = config(GUIDE);
    assert!(guide.changed_sections(&config(&format!("# a comment\n{GUIDE}"))).is_empty());
    let newer = config(&GUIDE.replace("check_interval: 30", "check_interval: 40").replace("8082]", "8083]"));
    assert_eq!(guide.changed_sections(&newer), ["network_discovery", "health_monitoring"]);
    let later = config(&format!("{GUIDE}kubernetes:\n  enabled: true\n"));
    assert_eq!(guide.changed_sections(&later), ["kubernetes"]);
}

#[test]
fn a_file_that_is_no_text_is_refused_with_the_place() {
    assert_eq!(decode("\u{feff}a: b".as_bytes()), Ok("a: b"));
    let latin_1 = decode(b"# fine\n# caf\xe9\n").unwrap_err();
    assert_eq!((latin_1.line, latin_1.column), (2, 6));
    assert!(latin_1.message.contains("save the file as UTF-8"), "{latin_1}");
    assert!(decode(b"\xff\xfea\0:\0").is_err());
    assert!(decode(&vec![b'#'; 1024 * 1024 + 1]).unwrap_err().message.contains("larger than"));
    assert_eq!(Config::from_yaml("\u{feff}strict: true\n").unwrap().1, []);
}
