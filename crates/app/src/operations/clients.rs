//! AI clients and what they are set up with.

use api::{ClientList, ClientsArgs, ErrorCode};
use discovery::clients::Own;
use model::ClientReport;

use crate::App;
use crate::error::OperationError;

impl App {
    pub(super) async fn clients(&self, args: ClientsArgs) -> Result<ClientList, OperationError> {
        let read = self.read_clients(args.projects).await?;
        Ok(ClientList { clients: self.0.intake.compared(read) })
    }

    /// Reading blocks for some milliseconds.
    pub(super) async fn read_clients(
        &self,
        projects: Vec<String>,
    ) -> Result<Vec<ClientReport>, OperationError> {
        let (clients, own) = (self.0.intake.clients.clone(), Own { listens: self.listening() });
        let projects = projects.into_iter().map(Into::into).collect();
        let read = tokio::task::spawn_blocking(move || clients.list(projects, &own)).await;
        read.map_err(|error| OperationError::new(ErrorCode::Internal, error.to_string()))
    }
}
