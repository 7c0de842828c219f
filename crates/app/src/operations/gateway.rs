//! The gateway: its address for AI clients, which of them have a token, what they see.

use std::net::SocketAddr;

use api::{
    ApiError, Empty, ErrorCode, GatewayClientRow, GatewayOfferRow, GatewayProfileRow, GatewayRevokeArgs,
    GatewayRevoked, GatewayStatus, GatewayToken, GatewayTokenArgs, GatewayToolRow, OfferKind,
};
use gateway::{CallWords, Gateway, GatewayClient, GatewayOffer, GatewayTool, NoToken, OfferedKind};
use model::config::GatewayAuth;
use store::beside::BesideError;

use super::route::refusal;
use crate::App;
use crate::error::OperationError;

/// Errors of calls for clients of the gateway: the same as in every other face.
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
        let gateway = self.0.gateway.as_ref();
        let profiles = config.profiles.iter().map(|profile| GatewayProfileRow {
            url: url.as_deref().map(|url| of_profile(url, &profile.name)),
            tools: gateway.map_or(0, |gateway| gateway.tools_of_profile(&profile.name)),
            name: profile.name.clone(),
        });
        Ok(GatewayStatus {
            reason,
            needs_token: config.auth == GatewayAuth::Token,
            in_clear: url.as_deref().is_some_and(is_beyond_loopback),
            profiles: profiles.collect(),
            clients: gateway.map(Gateway::clients).into_iter().flatten().map(row).collect(),
            tools: gateway.map(Gateway::tools).into_iter().flatten().map(tool_row).collect(),
            others: gateway.map(Gateway::others).into_iter().flatten().map(offer_row).collect(),
            url,
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

fn offer_row(GatewayOffer { kind, name, own, owner, server, unavailable }: GatewayOffer) -> GatewayOfferRow {
    let kind = match kind {
        OfferedKind::Resources => OfferKind::Resource,
        OfferedKind::Templates => OfferKind::Template,
        OfferedKind::Prompts => OfferKind::Prompt,
    };
    GatewayOfferRow { kind, name, own, owner, server, unavailable }
}

/// Whether other computers can reach it.
fn is_beyond_loopback(url: &str) -> bool {
    let at = url.strip_prefix("http://").and_then(|rest| rest.split('/').next());
    let address: Option<SocketAddr> = at.and_then(|at| at.parse().ok());
    address.is_some_and(|address| !address.ip().is_loopback())
}

/// The endpoint of a profile, besides the one for all.
fn of_profile(url: &str, name: &str) -> String {
    let base = url.strip_suffix("/mcp").unwrap_or(url);
    format!("{base}/profiles/{name}/mcp")
}

fn unwritten(error: &BesideError) -> OperationError {
    OperationError::new(ErrorCode::StorageFailed, error.to_string())
}

fn stopped(_: tokio::task::JoinError) -> OperationError {
    OperationError::new(ErrorCode::Internal, "the core stops")
}
