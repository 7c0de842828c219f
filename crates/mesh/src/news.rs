//! Servers report when their lists change (MCP, `notifications/tools/list_changed` and the like), in any conversation.

use std::sync::{Arc, Mutex, PoisonError};

use futures::future::BoxFuture;
use mcp::wire::{Client, RpcError};
use model::ServerId;
use serde_json::Value;
use serde_json::value::RawValue;
use tokio::sync::mpsc;

/// The most at once; more are reported by the next one.
const MOST_WAITING: usize = 256;
const CHANGED: [&str; 3] = [
    "notifications/tools/list_changed",
    "notifications/resources/list_changed",
    "notifications/prompts/list_changed",
];

/// The channel of these reports.
#[derive(Debug, Clone)]
pub(crate) struct ListNews {
    teller: mpsc::Sender<ServerId>,
    listener: Arc<Mutex<Option<mpsc::Receiver<ServerId>>>>,
}

impl ListNews {
    pub(crate) fn new() -> Self {
        let (teller, listener) = mpsc::channel(MOST_WAITING);
        Self { teller, listener: Arc::new(Mutex::new(Some(listener))) }
    }

    pub(crate) fn take(&self) -> Option<mpsc::Receiver<ServerId>> {
        self.listener.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// The client of a conversation with this server, which passes on such reports.
    pub(crate) fn heard_by(&self, server: ServerId, client: Arc<dyn Client>) -> Arc<dyn Client> {
        Arc::new(NewsHearer { server, client, teller: self.teller.clone() })
    }
}

struct NewsHearer {
    server: ServerId,
    client: Arc<dyn Client>,
    teller: mpsc::Sender<ServerId>,
}

impl Client for NewsHearer {
    fn capabilities(&self) -> Value {
        self.client.capabilities()
    }

    fn listens(&self) -> bool {
        self.client.listens()
    }

    fn answer<'a>(
        &'a self,
        method: &'a str,
        params: Option<&'a RawValue>,
    ) -> BoxFuture<'a, Result<Box<RawValue>, RpcError>> {
        self.client.answer(method, params)
    }

    fn hear(&self, method: &str, params: Option<&RawValue>) {
        if CHANGED.contains(&method) {
            let _ = self.teller.try_send(self.server);
        }
        self.client.hear(method, params);
    }
}
