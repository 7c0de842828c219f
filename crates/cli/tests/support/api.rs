//! A core in a process of its own, over its API, and what the process costs.

#![allow(dead_code, unreachable_pub, missing_docs, reason = "each test file uses its part")]

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{Place, Serving};

/// A running core.
pub struct Api {
    pub serving: Serving,
    client: reqwest::Client,
    token: String,
}

impl Api {
    /// `serve`, with this configuration.
    pub fn start(place: &Place, config: &str) -> Self {
        Self::start_with(place, config, &[], &[])
    }

    pub fn start_with(place: &Place, config: &str, args: &[&str], env: &[(&str, &str)]) -> Self {
        std::fs::write(place.config(), config).unwrap();
        let serving = place.serve_with(args, env);
        Self::of(place, serving)
    }

    pub fn of(place: &Place, serving: Serving) -> Self {
        let token = std::fs::read_to_string(place.data().join("owner.token")).unwrap();
        mcp::install_crypto();
        Self { serving, client: reqwest::Client::builder().no_proxy().build().unwrap(), token }
    }

    /// The text of the answer, whatever it says.
    pub async fn text(&self, name: &str, args: Value) -> String {
        let url = format!("{}/api/v1/{name}", self.serving.url);
        let asked = self.client.post(url).bearer_auth(&self.token).json(&args);
        asked.timeout(Duration::from_mins(2)).send().await.unwrap().text().await.unwrap()
    }

    /// What an operation answered, or its error.
    pub async fn perform(&self, name: &str, args: Value) -> Value {
        serde_json::from_str(&self.text(name, args).await).unwrap()
    }

    /// Any GET of the face, as it comes.
    pub async fn get(&self, path: &str) -> reqwest::Response {
        let url = format!("{}{path}", self.serving.url);
        self.client.get(url).bearer_auth(&self.token).send().await.unwrap()
    }

    pub async fn health(&self, server: &str) -> Value {
        self.perform("server", json!({ "id": server })).await["server"]["health"].clone()
    }

    /// Memory at this moment, in MB.
    pub fn memory(&self) -> u64 {
        self.status("VmRSS:")
    }

    /// The same without what is read from the program's file, and is the system's to drop.
    pub fn own_memory(&self) -> u64 {
        self.status("RssAnon:")
    }

    /// The most memory since [`Api::forget_peak`], in MB.
    pub fn peak(&self) -> u64 {
        self.status("VmHWM:")
    }

    pub fn forget_peak(&self) {
        std::fs::write(format!("/proc/{}/clear_refs", self.serving.child.id()), "5").unwrap();
    }

    fn status(&self, key: &str) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.serving.child.id()))
            .expect("the core is running");
        let line = status.lines().find_map(|line| line.strip_prefix(key)).unwrap();
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() / 1024
    }
}
