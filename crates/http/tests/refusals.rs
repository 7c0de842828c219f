//! What the HTTP face refuses, on every route, and that nothing happens then.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test ends where it fails"
)]

mod support;

use api::NAMES;
use reqwest::header::{COOKIE, HOST, HeaderMap, HeaderName, HeaderValue, ORIGIN, SET_COOKIE};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use support::Served;

impl Served {
    async fn status(&self, method: Method, path: &str, headers: &[(HeaderName, &str)]) -> StatusCode {
        let mut all = HeaderMap::new();
        for (name, value) in headers {
            all.insert(name.clone(), HeaderValue::from_str(value).unwrap());
        }
        let url = format!("{}{path}", self.url);
        self.client.request(method, url).headers(all).send().await.unwrap().status()
    }

    fn bearer(&self) -> String {
        format!("Bearer {}", self.app.token())
    }
}

/// Every route there is, with its method and whether it needs the token.
fn routes() -> Vec<(Method, String, bool)> {
    let operations = NAMES.iter().map(|name| (Method::POST, format!("/api/v1/{name}"), true));
    let others = [
        (Method::GET, "/api/v1/events", true),
        (Method::POST, "/api/v1/session", true),
        (Method::POST, "/api/v1/no_such_operation", true),
        (Method::GET, "/", false),
        (Method::GET, "/index.html", false),
        (Method::GET, "/healthz", false),
        (Method::GET, "/metrics", false),
        (Method::GET, "/no/such/file", false),
    ];
    operations.chain(others.map(|(method, path, token)| (method, path.to_owned(), token))).collect()
}

const AUTHORIZATION: HeaderName = reqwest::header::AUTHORIZATION;

#[tokio::test]
async fn a_wrong_host_is_refused_on_every_route_even_with_the_token() {
    let served = Served::start().await;
    let bearer = served.bearer();
    for (method, path, _) in routes() {
        for host in ["evil.example", "evil.example:80", "127.0.0.1:1", "127.0.0.1"] {
            let status =
                served.status(method.clone(), &path, &[(HOST, host), (AUTHORIZATION, &bearer)]).await;
            assert_eq!(status, StatusCode::FORBIDDEN, "{method} {path} with Host {host}");
        }
    }
    served.app.shutdown().await;
}

#[tokio::test]
async fn a_foreign_origin_is_refused_on_every_route_even_with_the_token() {
    let served = Served::start().await;
    let bearer = served.bearer();
    for (method, path, _) in routes() {
        for origin in ["http://evil.example", "null", "http://127.0.0.1:1", "https://localhost"] {
            let status =
                served.status(method.clone(), &path, &[(ORIGIN, origin), (AUTHORIZATION, &bearer)]).await;
            assert_eq!(status, StatusCode::FORBIDDEN, "{method} {path} with Origin {origin}");
        }
    }
    served.app.shutdown().await;
}

#[tokio::test]
async fn without_the_token_only_the_files_are_served() {
    let served = Served::start().await;
    let stale = "Bearer 00000000000000000000000000000000";
    for (method, path, needs_token) in routes() {
        let tries: [&[(HeaderName, &str)]; 4] = [
            &[],
            &[(AUTHORIZATION, stale)],
            &[(AUTHORIZATION, served.app.token())],
            &[(COOKIE, "mcp_discovery=x; mcp_discovery_1=y")],
        ];
        for headers in tries {
            let status = served.status(method.clone(), &path, headers).await;
            assert_eq!(status == StatusCode::UNAUTHORIZED, needs_token, "{method} {path}: {status}");
        }
    }
    served.app.shutdown().await;
}

#[tokio::test]
async fn the_token_of_an_earlier_run_opens_nothing() {
    let first = Served::start().await;
    let earlier = first.bearer();
    first.app.shutdown().await;
    let second = Served::start().await;
    let status = second.status(Method::POST, "/api/v1/status", &[(AUTHORIZATION, &earlier)]).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    second.app.shutdown().await;
}

#[tokio::test]
async fn a_browser_exchanges_the_token_for_a_cookie_that_scripts_cannot_read() {
    let served = Served::start().await;
    let url = |path: &str| format!("{}{path}", served.url);
    let answer =
        served.client.post(url("/api/v1/session")).bearer_auth(served.app.token()).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::NO_CONTENT);
    let cookie = answer.headers()[SET_COOKIE].to_str().unwrap().to_owned();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"), "{cookie}");
    assert!(!cookie.contains(served.app.token()), "the cookie holds the token");
    let pair = cookie.split(';').next().unwrap();
    let status = served.client.post(url("/api/v1/status")).header(COOKIE, pair).send().await.unwrap();
    assert_eq!(status.status(), StatusCode::OK);
    let body: Value = status.json().await.unwrap();
    assert_eq!(body["servers"]["all"], 0);
    served.app.shutdown().await;
}

#[tokio::test]
async fn bad_arguments_are_told_with_code_and_message() {
    let served = Served::start().await;
    let cases = [
        ("servers", "{", StatusCode::BAD_REQUEST, "invalid_arguments"),
        ("servers", r#"{"capabilty":"x"}"#, StatusCode::BAD_REQUEST, "invalid_arguments"),
        ("servers", r#"{"filter":{"a":{"$gtt":1}}}"#, StatusCode::BAD_REQUEST, "invalid_filter"),
        ("server", r#"{"id":"nobody"}"#, StatusCode::NOT_FOUND, "not_found"),
        ("call", r#"{"capability":"nothing"}"#, StatusCode::NOT_FOUND, "no_server"),
        ("add", r#"{"url":"ftp://x"}"#, StatusCode::BAD_REQUEST, "invalid_arguments"),
        ("import", r#"{"text":"{"}"#, StatusCode::BAD_REQUEST, "invalid_file"),
        ("undo", "{}", StatusCode::NOT_FOUND, "not_found"),
        ("no_such_operation", "{}", StatusCode::NOT_FOUND, "unknown_operation"),
    ];
    for (operation, body, status, code) in cases {
        let url = format!("{}/api/v1/{operation}", served.url);
        let answer = served.client.post(url).bearer_auth(served.app.token()).body(body).send().await.unwrap();
        assert_eq!(answer.status(), status, "{operation} {body}");
        let error: Value = answer.json().await.unwrap();
        assert_eq!(error["code"], json!(code), "{operation} {body}: {error}");
        assert!(error["message"].as_str().is_some_and(|message| message.len() > 10), "{error}");
    }
    served.app.shutdown().await;
}

#[tokio::test]
async fn the_files_come_with_a_strict_policy() {
    let served = Served::start().await;
    let answer = served.client.get(format!("{}/", served.url)).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    let policy = answer.headers()["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("script-src 'self';") && policy.contains("frame-ancestors 'none'"), "{policy}");
    assert_eq!(answer.headers()["x-content-type-options"], "nosniff");
    served.app.shutdown().await;
}

#[tokio::test]
async fn what_is_asked_in_another_way_is_told_in_the_shape_of_errors() {
    let served = Served::start().await;
    let url = format!("{}/api/v1/servers", served.url);
    let asked = served.client.get(&url).bearer_auth(served.app.token()).send().await.unwrap();
    assert_eq!(asked.status(), StatusCode::METHOD_NOT_ALLOWED);
    let error: Value = asked.json().await.unwrap();
    assert!(error["message"].as_str().unwrap().contains("POST"), "{error}");

    let body = vec![b' '; 65 * 1024 * 1024];
    let asked = served.client.post(&url).bearer_auth(served.app.token()).body(body).send().await.unwrap();
    let error: Value = asked.json().await.unwrap();
    assert_eq!(error["code"], "invalid_arguments", "{error}");
    served.app.shutdown().await;
}

#[tokio::test]
async fn every_error_of_every_route_has_the_one_shape() {
    let served = Served::start().await;
    let paths = [
        "/",
        "/index.html",
        "/nothing",
        "/assets/../x",
        "/healthz",
        "/healthz/x",
        "/api",
        "/api/v1",
        "/api/v1/",
        "/api/v2/status",
        "/api/v1/session",
        "/api/v1/events",
        "/api/v1/status",
        "/api/v1/nothing",
        "/api/v1/a/b",
        "/api/v1/%ff",
        "/%ff",
    ];
    let methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"];
    for (path, method) in paths.iter().flat_map(|path| methods.map(|method| (path, method))) {
        if (*path, method) == ("/api/v1/events", "GET") {
            continue;
        }
        for token in [true, false] {
            let asked =
                served.client.request(method.parse().unwrap(), format!("{}{path}", served.url)).body("[");
            let asked = if token { asked.bearer_auth(served.app.token()) } else { asked };
            let answer = asked.send().await.unwrap();
            let (status, kind) = (answer.status(), answer.headers().get("content-type").cloned());
            if status.is_success() {
                continue;
            }
            let what = format!("{method} {path}, token {token}: {status} {kind:?}");
            assert_eq!(kind.unwrap(), "application/json", "{what}");
            if method == "HEAD" {
                continue;
            }
            let error: Value = answer.json().await.unwrap();
            assert!(error["code"].is_string() && error["message"].is_string(), "{what}: {error}");
        }
    }
    served.app.shutdown().await;
}
