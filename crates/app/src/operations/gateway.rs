//! The gateway: where AI clients ask, who has a token, what they see.

use api::{
    ApiError, Empty, ErrorCode, GatewayClientRow, GatewayRevokeArgs, GatewayRevoked, GatewayStatus,
    GatewayToken, GatewayTokenArgs, GatewayToolRow,
};
use gateway::{CallWords, Gateway, GatewayClient, GatewayTool, NoToken};
use model::config::GatewayAuth;
use store::beside::BesideError;

use super::route::refusal;
use crate::App;
use crate::error::OperationError;

/// What clients of the gateway are told of calls that failed: the same as every other face.
pub(crate) fn gateway_words() -> CallWords {
    CallWords {
        failed: |error| OperationError::from(error).into(),
        refused: |refused| ApiError::from(refusal(refused, None)),
    }
}

impl App {
    pub(super) async fn gateway(&self, _: Empty) -> Result<GatewayStatus, OperationError> {
        let (at, config) = (self.0.gateway_at.borrow().clone(), self.live_config().borrow().gateway.clone());
        let at = if config.enabled { at } else { Err("`gateway.enabled` is `false`".to_owned()) };
        let (url, reason) = match at {
            Ok(url) => (Some(url), None),
            Err(why) => (None, Some(why)),
        };
        let (clients, tools) = match &self.0.gateway {
            Some(gateway) => (gateway.clients(), gateway.tools()),
            None => (Vec::new(), Vec::new()),
        };
        Ok(GatewayStatus {
            url,
            reason,
            needs_token: config.auth == GatewayAuth::Token,
            clients: clients.into_iter().map(row).collect(),
            tools: tools.into_iter().map(tool_row).collect(),
        })
    }

    pub(super) async fn gateway_token_new(
        &self,
        args: GatewayTokenArgs,
    ) -> Result<GatewayToken, OperationError> {
        let gateway = self.open_gateway()?;
        let made = tokio::task::spawn_blocking(move || gateway.make_token(&args.name)).await;
        let (client, token) = made.map_err(stopped)?.map_err(|error| match error {
            NoToken::File(error) => unwritten(&error),
            NoToken::Name | NoToken::TooMany => OperationError::arguments(error.to_string()),
        })?;
        Ok(GatewayToken { client: row(client), token })
    }

    pub(super) async fn gateway_token_revoke(
        &self,
        args: GatewayRevokeArgs,
    ) -> Result<GatewayRevoked, OperationError> {
        let gateway = self.open_gateway()?;
        let key = args.client.clone();
        let revoked = tokio::task::spawn_blocking(move || gateway.revoke_token(&key)).await;
        let client = revoked.map_err(stopped)?.map_err(|error| unwritten(&error))?;
        let none = || {
            let why =
                format!("no AI client `{}` has a token: `mcp-discovery gateway` lists them", args.client);
            OperationError::new(ErrorCode::NotFound, why)
        };
        Ok(GatewayRevoked { client: row(client.ok_or_else(none)?) })
    }

    fn open_gateway(&self) -> Result<Gateway, OperationError> {
        self.0.gateway.clone().ok_or_else(|| {
            let why = self.0.gateway_at.borrow().clone().err().unwrap_or_default();
            OperationError::new(ErrorCode::StorageFailed, format!("AI clients cannot be served: {why}"))
        })
    }
}

fn row(GatewayClient { id, name, created_at, used_at }: GatewayClient) -> GatewayClientRow {
    GatewayClientRow { id, name, created_at, used_at }
}

fn tool_row(GatewayTool { name, tool, owner, server, unavailable }: GatewayTool) -> GatewayToolRow {
    GatewayToolRow { name, tool, owner, server, unavailable }
}

fn unwritten(error: &BesideError) -> OperationError {
    OperationError::new(ErrorCode::StorageFailed, error.to_string())
}

fn stopped(_: tokio::task::JoinError) -> OperationError {
    OperationError::new(ErrorCode::Internal, "the core stops")
}
