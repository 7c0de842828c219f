//! Files in and out: the guide's `servers.json`, the clients' `mcp.json` and their servers, and a configuration to check.
//! The faces read and write the files; here is only their text.

use std::path::Path;
use std::sync::Arc;

use api::{
    ClientList, ClientsArgs, ConfigCheckArgs, ConfigReport, ConfigStatus, Empty, ErrorCode, ExportArgs,
    ExportForm, Exported, ImportArgs, ImportReport,
};
use discovery::clients::ThisApp;
use model::servers_json::Form;
use model::{ClientReport, Server, SightingKind, Source, secrets, servers_json};
use serde_json::json;

use crate::error::OperationError;
use crate::{App, now};

impl App {
    pub(super) async fn import(&self, args: ImportArgs) -> Result<ImportReport, OperationError> {
        let file = args.file.as_deref().unwrap_or("the file");
        let read = servers_json::read_as(Form::of(file), &args.text, now()).map_err(|error| {
            let detail = json!({ "line": error.line, "column": error.column, "reason": error.message });
            OperationError::new(ErrorCode::InvalidFile, format!("{file}:{error}")).with(detail)
        })?;
        Ok(self.0.intake.take_file(read, &args).await?)
    }

    pub(super) async fn export(&self, args: ExportArgs) -> Result<Exported, OperationError> {
        let mut servers: Vec<Server> = self.0.registry.snapshot().query(None, None);
        // Where a file is read, the demo is not.
        servers.retain(|server| server.info.source != Source::Demo);
        let warnings = servers.iter_mut().filter_map(without_secrets).collect();
        let (file, text) = match args.form {
            ExportForm::ServersJson => ("servers.json", servers_json::write(&servers, now())),
            ExportForm::McpJson => {
                ("mcp.json", servers_json::write_mcp_json(servers.iter().map(|server| &*server.info)))
            }
        };
        Ok(Exported { file: file.to_owned(), text, servers: servers.len(), warnings })
    }

    pub(super) async fn config_check(&self, args: ConfigCheckArgs) -> Result<ConfigReport, OperationError> {
        Ok(ConfigReport::check(&args.text))
    }

    pub(super) async fn config(&self, _: Empty) -> Result<ConfigStatus, OperationError> {
        let hindrance = self.with_settings(|settings| Ok(settings.hindrance())).await?;
        let read_only = hindrance.map(|error| error.to_string());
        Ok(ConfigStatus { read_only, ..self.0.config.status().await })
    }
}

/// An argument that looks like a secret stays on this computer, and a warning says so.
fn without_secrets(server: &mut Server) -> Option<String> {
    let shown = secrets::shown_arguments(&server.info.args);
    if shown == server.info.args {
        return None;
    }
    Arc::make_mut(&mut server.info).args = shown;
    Some(format!("`{}`: an argument that looks like a secret was left out", server.info.name))
}

impl App {
    pub(super) async fn clients(&self, args: ClientsArgs) -> Result<ClientList, OperationError> {
        let is_none = |folder: &&String| !Path::new(folder).is_absolute() || !Path::new(folder).is_dir();
        if let Some(odd) = args.projects.iter().find(is_none) {
            let message = format!("there is no folder `{odd}` on this computer: give its full path");
            return Err(OperationError::arguments(message));
        }
        Ok(ClientList { clients: self.read_clients(args.projects).await? })
    }

    /// Reads them, compares them with the list, and records what is new.
    pub(super) async fn read_clients(
        &self,
        projects: Vec<String>,
    ) -> Result<Vec<ClientReport>, OperationError> {
        let (projects, own) =
            (projects.into_iter().map(Into::into).collect(), ThisApp { listens: self.listening() });
        let read = self.0.intake.clients.read(projects, own).await;
        let read = read.map_err(|error| OperationError::new(ErrorCode::Timeout, error.to_string()))?;
        let compared = self.0.intake.compared(read);
        if let Some(seen) = self.0.intake.clients.news(&compared)
            && let Err(error) = self.0.scans.saw_all(SightingKind::Client, seen).await
        {
            tracing::warn!(%error, "which servers AI clients have could not be recorded");
        }
        Ok(compared)
    }
}
