//! `gateway`: its address for AI clients, which of them have a token, what they see.

use api::{
    Empty, GatewayClientRow, GatewayOfferRow, GatewayProfileRow, GatewayRevokeArgs, GatewayStatus,
    GatewayTokenArgs, GatewayToolRow, OfferKind, Operations,
};

use super::CommandSession;
use super::calls::ago;
use crate::args::{Format, GatewayCommand};
use crate::failure::CommandFailure;
use crate::print::{Column, note, or_dash};

const CLIENTS: &[Column<GatewayClientRow>] = &[
    Column { heading: "CLIENT", cell: |row| row.name.clone() },
    Column { heading: "ID", cell: |row| row.id.clone() },
    Column { heading: "SINCE", cell: |row| ago(row.created_at) },
    Column { heading: "LAST USED", cell: |row| or_dash(row.used_at.map(ago).as_ref()) },
];

const TOOLS: &[Column<GatewayToolRow>] = &[
    Column { heading: "TOOL", cell: |row| row.name.clone() },
    Column { heading: "OF", cell: |row| row.owner.clone() },
    Column { heading: "NAME THERE", cell: |row| row.tool.clone() },
    Column { heading: "UNAVAILABLE", cell: |row| or_dash(row.unavailable.as_ref()) },
];

const OTHERS: &[Column<GatewayOfferRow>] = &[
    Column {
        heading: "KIND",
        cell: |row| {
            let kind = match row.kind {
                OfferKind::Resource => "resource",
                OfferKind::Template => "template",
                OfferKind::Prompt => "prompt",
            };
            kind.to_owned()
        },
    },
    Column { heading: "NAME", cell: |row| row.name.clone() },
    Column { heading: "OF", cell: |row| row.owner.clone() },
    Column { heading: "UNAVAILABLE", cell: |row| or_dash(row.unavailable.as_ref()) },
];

const PROFILES: &[Column<GatewayProfileRow>] = &[
    Column { heading: "PROFILE", cell: |row| row.name.clone() },
    Column { heading: "TOOLS", cell: |row| row.tools.to_string() },
    Column { heading: "AT", cell: |row| or_dash(row.url.as_ref()) },
];

pub(super) async fn gateway(
    session: &CommandSession,
    command: Option<&GatewayCommand>,
) -> Result<(), CommandFailure> {
    match command {
        None => show(session).await,
        Some(GatewayCommand::Token { name }) => {
            let made = session.core.gateway_token_new(GatewayTokenArgs { name: name.clone() }).await?;
            session.print.one(&made, || made.token.clone())?;
            note(&format!(
                "`{}` sends it as `Authorization: Bearer …`. It is shown only this once; `gateway revoke` revokes it",
                made.client.name
            ));
            Ok(())
        }
        Some(GatewayCommand::Revoke { client }) => {
            let args = GatewayRevokeArgs { client: client.clone() };
            let revoked = session.core.gateway_token_revoke(args).await?;
            session.print.one(&revoked, || format!("the token of `{}` was revoked", revoked.client.name))?;
            Ok(())
        }
    }
}

async fn show(session: &CommandSession) -> Result<(), CommandFailure> {
    let status = session.core.gateway(Empty {}).await?;
    note(&told(&status));
    if session.print.format() != Format::Table {
        session.print.one(&status, String::new)?;
        return Ok(());
    }
    if !status.clients.is_empty() {
        session.print.list(&status.clients, CLIENTS)?;
    }
    session.print.list(&status.tools, TOOLS)?;
    if !status.others.is_empty() {
        session.print.list(&status.others, OTHERS)?;
    }
    if !status.profiles.is_empty() {
        session.print.list(&status.profiles, PROFILES)?;
    }
    Ok(())
}

fn told(status: &GatewayStatus) -> String {
    let token = if status.needs_token { ", each with its own token" } else { ", without a token" };
    let in_clear = if status.in_clear {
        ". Tokens are sent unencrypted: anyone on the network path can read them"
    } else {
        ""
    };
    match (&status.url, &status.reason) {
        (Some(url), _) => format!("AI clients connect to {url}{token}{in_clear}"),
        (None, Some(why)) => format!("AI clients are not served: {why}"),
        (None, None) => "AI clients are not served".to_owned(),
    }
}
