use super::*;
use proptest::prelude::*;

fn id(url: &str) -> ServerId {
    ServerId::for_url(Transport::Http, url).unwrap()
}

#[test]
fn spellings_of_one_server_have_one_id() {
    let spellings = [
        "http://localhost:8080",
        "http://localhost:8080/",
        "http://localhost:8080/mcp",
        "http://localhost:8080/mcp/",
        "http://127.0.0.1:8080/mcp",
        "http://[::1]:8080",
        "http://[::ffff:127.0.0.1]:8080/sse",
        "HTTP://LOCALHOST.:8080",
        "  http://localhost:8080  ",
    ];
    for url in spellings {
        assert_eq!(id(url), id("http://127.0.0.1:8080"), "{url}");
        assert!(same_server(url, "http://localhost:8080/sse"), "{url}");
    }
    assert_eq!(id("https://a.example"), id("https://A.example:443/mcp"));
    assert_eq!(id("http://a.example:80/api/mcp"), id("http://a.example/api"));
    assert_eq!(id("http://a/?b=2&a=1"), id("http://a/mcp?a=1&b=2"));
}

#[test]
fn different_servers_have_different_ids() {
    let others = [
        "http://localhost:8081",
        "https://localhost:8080",
        "http://127.0.0.2:8080",
        "http://localhost:8080/other",
        "http://localhost:8080/other/mcp",
        "http://localhost:8080/mcp?profile=a",
        "http://localhost:8080/xmcp",
    ];
    for url in others {
        assert_ne!(id(url), id("http://localhost:8080"), "{url}");
        assert!(!same_server(url, "http://localhost:8080"), "{url}");
    }
}

#[test]
fn http_and_sse_at_one_address_are_two_records_of_one_server() {
    let sse = ServerId::for_url(Transport::Sse, "http://localhost:8080/sse").unwrap();
    assert_ne!(sse, id("http://localhost:8080/mcp"));
    assert!(same_server("http://localhost:8080/sse", "http://127.0.0.1:8080/mcp"));
}

#[test]
fn an_id_never_changes_between_versions() {
    assert_eq!(id("http://localhost:8080").to_string(), "11322231-04e4-530b-a1ae-10de6c209960");
    let args = ["-y".to_owned(), "@modelcontextprotocol/server-everything".to_owned()];
    assert_eq!(ServerId::for_stdio("npx", &args).to_string(), "16ab8d3c-4a2c-5f67-8696-351451a3ab7d");
}

#[test]
fn arguments_are_not_run_together() {
    let id = |args: &[&str]| {
        ServerId::for_stdio("x", &args.iter().map(|arg| (*arg).to_owned()).collect::<Vec<_>>())
    };
    assert_ne!(id(&["a b"]), id(&["a", "b"]));
    assert_ne!(id(&["a"]), id(&["a", ""]));
}

#[test]
fn what_cannot_be_an_address_says_what_to_do() {
    for (text, words) in [
        ("", "empty"),
        ("localhost:8080", "write `http://localhost:8080`"),
        ("example.com/mcp", "write `http://example.com/mcp`"),
        ("127.0.0.1:8080", "write `http://127.0.0.1:8080`"),
        ("ftp://a", "use `http` or `https`"),
        ("ws://a", "use `http` or `https`"),
        ("stdio:npx", "use `http` or `https`"),
        ("http://", "is not a URL"),
        ("http://a:99999", "is not a URL"),
        ("http://user:hunter2@a", "user name or password"),
        ("http://user@a", "user name or password"),
        ("http://a/?api_key=hunter2", "`api_key` looks like a secret"),
        ("http://a/?x=1&Token=hunter2", "`Token` looks like a secret"),
        ("http://a/#token=hunter2", "after `#`"),
        ("http://0.0.0.0:8080", "use `127.0.0.1`"),
        ("http://[::]:8080", "use `127.0.0.1`"),
        ("http://a:0", "port 0"),
        ("http://.", "empty host"),
        ("http://user:hunter2@[bad", "is not a URL"),
    ] {
        let error = Endpoint::parse(text).unwrap_err().to_string();
        assert!(error.contains(words), "{text}: {error}");
        assert!(!error.contains("hunter2"), "{text}: {error}");
    }
    assert!(Endpoint::parse(&format!("http://a/{}", "x".repeat(3_000))).is_err());
}

#[test]
fn an_endpoint_knows_where_it_is() {
    let endpoint = Endpoint::parse("http://localhost:8080/mcp").unwrap();
    assert_eq!((endpoint.origin().as_str(), endpoint.is_loopback()), ("http://localhost:8080", true));
    assert!(!Endpoint::parse("https://10.0.0.1").unwrap().is_loopback());
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_text_is_read_or_refused_and_reading_again_changes_nothing(text in "(https?:/?/?)?\\PC{0,30}") {
        if let Ok(endpoint) = Endpoint::parse(&text) {
            let again = Endpoint::parse(endpoint.as_str()).unwrap();
            prop_assert_eq!(again.key(), endpoint.key());
            prop_assert_eq!(Endpoint::parse(&endpoint.key()).unwrap().key(), endpoint.key());
        }
    }
}
