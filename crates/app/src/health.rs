//! Health checks: started with the core when it stays, and one at a time for a command that comes and goes.

use std::sync::{Arc, Weak};

use futures::FutureExt;
use mesh::{CheckError, Checker, CheckerHandle, Notify, Reach, Settings, Unreached, check_once};
use model::{Health, NoticeLevel, ServerId, ServerInfo};

use crate::contact;
use crate::logs::Logs;
use crate::operations::{ApiError, ErrorCode};
use crate::secrets::Vault;
use crate::start::Core;
use crate::{App, Face};

/// The running checker; a one-shot command has none.
pub(crate) type Checks = std::sync::OnceLock<CheckerHandle>;

impl App {
    /// Checks every server from now on, until the core stops. A command that is gone in a moment checks nobody.
    pub(crate) fn start_checks(&self, face: Face) {
        if face == Face::Command {
            return;
        }
        let (checker, handle) = Checker::new(self.check_settings());
        if self.0.checks.set(handle).is_ok() {
            self.0.tasks.spawn(checker.run(self.0.stop.clone()));
        }
    }

    /// Measures a server now: the periodic round, with its timeouts.
    pub(crate) async fn check_now(&self, id: ServerId) -> Result<Health, ApiError> {
        let checked = match self.0.checks.get() {
            Some(checker) => checker.check(id).await,
            None => check_once(&self.check_settings(), id).await,
        };
        checked.map_err(|error| match error {
            CheckError::Registry(error) => error.into(),
            CheckError::Stopped => ApiError::new(ErrorCode::Internal, error.to_string()),
        })
    }

    fn check_settings(&self) -> Settings {
        Settings {
            registry: self.0.registry.clone(),
            config: self.live_config(),
            reach: reach(self.0.vault.clone(), self.0.logs.clone()),
            sessions: self.0.sessions.clone(),
            notify: notify(Arc::downgrade(&self.0)),
            tasks: self.0.tasks.clone(),
        }
    }
}

fn reach(vault: Vault, logs: Logs) -> Reach {
    Arc::new(move |info: Arc<ServerInfo>| {
        let (vault, logs) = (vault.clone(), logs.clone());
        async move {
            let mut target = contact::target(&info, &vault).await.map_err(|error| match error.code {
                ErrorCode::NeedsSignIn => Unreached::NeedsSignIn(error.message),
                ErrorCode::TransportFailed => Unreached::NoAddress(error.message),
                _ => Unreached::NotAllowed(error.message),
            })?;
            logs.listen(info.id, &mut target);
            Ok(target)
        }
        .boxed()
    })
}

/// The checker must not keep the core alive.
fn notify(core: Weak<Core>) -> Notify {
    Arc::new(move |text| {
        if let Some(core) = core.upgrade() {
            App(core).notice(NoticeLevel::Warning, text);
        }
    })
}
