//! Health checks: started with the core when it stays, and one at a time for a command that comes and goes.

use api::ErrorCode;
use std::sync::{Arc, Weak};

use checks::{CheckError, Checker, CheckerHandle, CheckerSettings, Notify, check_once};
use model::{Health, NoticeLevel, ServerId};

use crate::error::OperationError;
use crate::start::Core;
use crate::{App, OwnerKind};

/// The running checker; a one-shot command has none.
pub(crate) type Checks = std::sync::OnceLock<CheckerHandle>;

impl App {
    /// Checks every server from now on, until the core stops. A command that is gone in a moment checks nobody.
    pub(crate) fn start_checks(&self, face: OwnerKind) {
        if face == OwnerKind::Command {
            return;
        }
        let (checker, handle) = Checker::new(self.check_settings());
        if self.0.checks.set(handle).is_ok() {
            self.0.tasks.spawn(checker.run(self.0.stop.clone()));
        }
    }

    /// Measures a server now: the periodic round, with its timeouts.
    pub(crate) async fn check_now(&self, id: ServerId) -> Result<Health, OperationError> {
        let checked = match self.0.checks.get() {
            Some(checker) => checker.check(id).await,
            None => check_once(&self.check_settings(), id).await,
        };
        checked.map_err(|error| match error {
            CheckError::Registry(error) => error.into(),
            CheckError::Stopped => OperationError::new(ErrorCode::Internal, error.to_string()),
        })
    }

    fn check_settings(&self) -> CheckerSettings {
        CheckerSettings {
            registry: self.0.registry.clone(),
            config: self.live_config(),
            contact: self.0.mesh.contact.clone(),
            sessions: self.0.mesh.sessions.clone(),
            notify: notify(Arc::downgrade(&self.0)),
            tasks: self.0.tasks.clone(),
        }
    }
}

/// The checker must not keep the core alive.
fn notify(core: Weak<Core>) -> Notify {
    Arc::new(move |text| {
        if let Some(core) = core.upgrade() {
            App(core).notice(NoticeLevel::Warning, text);
        }
    })
}
