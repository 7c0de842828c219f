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

    pub(super) async fn read_clients(
        &self,
        projects: Vec<String>,
    ) -> Result<Vec<ClientReport>, OperationError> {
        let (projects, own) =
            (projects.into_iter().map(Into::into).collect(), Own { listens: self.listening() });
        let read = self.0.intake.clients.read(projects, own).await;
        read.map_err(|error| OperationError::new(ErrorCode::Timeout, error.to_string()))
    }
}
