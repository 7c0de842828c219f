//! The demo fleet: start, stop, look.

use api::{Demo, Empty};
use model::ServerRow;

use crate::App;
use crate::demo::{DemoWish, Hosted};
use crate::error::OperationError;

impl App {
    pub(super) async fn demo_start(&self, _: Empty) -> Result<Demo, OperationError> {
        Ok(self.shown(&self.0.demo.ask(DemoWish::Start).await?))
    }

    pub(super) async fn demo_stop(&self, _: Empty) -> Result<Demo, OperationError> {
        Ok(self.shown(&self.0.demo.ask(DemoWish::Stop).await?))
    }

    pub(super) async fn demo(&self, _: Empty) -> Result<Demo, OperationError> {
        Ok(self.shown(&self.0.demo.ask(DemoWish::Look).await?))
    }

    fn shown(&self, hosted: &Hosted) -> Demo {
        let snapshot = self.0.registry.snapshot();
        let servers = hosted.ids.iter().filter_map(|id| snapshot.get(*id).cloned().map(ServerRow::from));
        Demo { running: hosted.is_running, servers: servers.collect(), revision: snapshot.revision() }
    }
}
