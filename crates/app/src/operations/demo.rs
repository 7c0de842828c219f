//! The demo fleet: start, stop, look.

use model::ServerRow;
use serde::Serialize;
use ts_rs::TS;

use super::{ApiError, Empty};
use crate::App;
use crate::demo::{Hosted, Wish};

/// The demo fleet: servers of our own on loopback, to try things with. Their answers are made up.
#[derive(Debug, Clone, Serialize, TS)]
pub struct Demo {
    /// It runs. It ends with the core, and nothing of it stays in the registry.
    pub running: bool,
    /// Its servers, as they are in the registry now.
    pub servers: Vec<ServerRow>,
    /// The revision that shows it.
    pub revision: u64,
}

impl App {
    pub(super) async fn demo_start(&self, _: Empty) -> Result<Demo, ApiError> {
        Ok(self.shown(&self.0.demo.ask(Wish::Start).await?))
    }

    pub(super) async fn demo_stop(&self, _: Empty) -> Result<Demo, ApiError> {
        Ok(self.shown(&self.0.demo.ask(Wish::Stop).await?))
    }

    pub(super) async fn demo(&self, _: Empty) -> Result<Demo, ApiError> {
        Ok(self.shown(&self.0.demo.ask(Wish::Look).await?))
    }

    fn shown(&self, hosted: &Hosted) -> Demo {
        let snapshot = self.0.registry.snapshot();
        let servers = hosted.ids.iter().filter_map(|id| snapshot.get(*id).cloned().map(ServerRow::from));
        Demo { running: hosted.is_running, servers: servers.collect(), revision: snapshot.revision() }
    }
}
