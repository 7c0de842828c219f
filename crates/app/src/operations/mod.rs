//! Every operation once: its name, its typed arguments and result, and the code that carries it out. The window,
//! HTTP and the command line reach them through [`App::perform`] by name, so no face has a feature of its own.

mod add;
#[cfg(test)]
mod bindings;
mod call;
mod change;
mod credentials;
mod demo;
mod edit;
mod files;
mod given;
mod health;
mod logs;
mod look;
mod place;
mod scan;
mod secret;
mod starts;
mod steps;
mod trust;
mod types;
mod way;

pub use demo::Demo;
pub use files::check_config;
pub use health::{Bar, HealthArgs, HealthReport, HistoryArgs, LatencyMinute, ServerHealth, ServerHistory};
pub use logs::{LogLine, LoggedKind, LoggedOutcome, LoggedRequest, ServerLogs};
use model::ScanStatus;
pub use model::config::has_no_effect;
pub use secret::{KeptIn, KeptSecret, SecretArgs, SecretForgotten, SecretSet, SecretSetArgs, Secrets};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Value, json};
pub use starts::{KeptStarting, StartList};
pub use trust::{CertificateArgs, ShownCertificate};
pub use types::*;

use crate::App;

/// Declares the operations: their names, the types of their arguments and results, and what they do.
macro_rules! operations {
    ($( $(#[doc = $doc:literal])+ $name:ident($args:ident) -> $result:ident; )+) => {
        /// The name of every operation.
        pub const NAMES: &[&str] = &[$(stringify!($name)),+];

        impl App {
            /// Carries out the operation `name`. What comes back has the shape that the table promises. It is text:
            /// a face passes it on, and what a server answered reaches the caller with the digits it was sent with.
            pub async fn perform(&self, name: &str, args: Value) -> Result<Box<RawValue>, ApiError> {
                match name {
                    $( stringify!($name) => {
                        let args: $args = read(name, args)?;
                        let result: $result = Box::pin(self.$name(args)).await?;
                        write(&result)
                    } )+
                    _ => Err(unknown(name)),
                }
            }
        }

        #[cfg(test)]
        fn interface(config: &ts_rs::Config) -> String {
            use ts_rs::TS;
            let mut text = String::from("export interface Operations {\n");
            $(
                for line in [$($doc),+] { text += &format!("  /** {} */\n", line.trim()); }
                text += &format!("  {}: {{ args: {}; result: {} }};\n", stringify!($name), $args::name(config), $result::name(config));
            )+
            text + "}\n"
        }
    };
}

operations! {
    /// What this core is and what it holds.
    status(Empty) -> Status;
    /// The servers that match.
    servers(ServersArgs) -> ServerList;
    /// The ids of the servers that match.
    order(ServersArgs) -> ServerOrder;
    /// Everything about one server.
    server(ServerArgs) -> ServerDetails;
    /// Probes an address and keeps the server.
    add(AddArgs) -> Added;
    /// Looks at the certificate that a server shows now; nothing is asked of it.
    certificate(CertificateArgs) -> ShownCertificate;
    /// Gives a server another name, tags, data, address, command or sign-in; it is asked before that is kept.
    edit(EditArgs) -> Edited;
    /// Removes servers; they can be brought back for 30 days.
    remove(ServersByIdArgs) -> Changed;
    /// Brings removed servers back.
    restore(ServersByIdArgs) -> Changed;
    /// Removes servers and keeps scans from bringing them back.
    ignore(ServersByIdArgs) -> Changed;
    /// Drains servers: no call goes to them until they are resumed.
    pause(ServersByIdArgs) -> Changed;
    /// Lifts a drain.
    resume(ServersByIdArgs) -> Changed;
    /// Takes the newest change back.
    undo(UndoArgs) -> Undone;
    /// Makes the change again that was taken back last.
    redo(UndoArgs) -> Undone;
    /// What the next undo and the next redo would do.
    upcoming(Empty) -> Upcoming;
    /// The servers that can be brought back.
    removed(Empty) -> RemovedList;
    /// Measures a server now.
    check(ServerArgs) -> Checked;
    /// How servers are, with the evidence.
    health(HealthArgs) -> HealthReport;
    /// How a server was: changes of its status, the last day, the last hour.
    history(HistoryArgs) -> ServerHistory;
    /// How the last requests to a server ended, and what it wrote to its standard error.
    logs(ServerArgs) -> ServerLogs;
    /// Takes over what a server lists, where that is not what it is known for.
    adopt(ServerArgs) -> Changed;
    /// What a scan would ask and how long it would take; nothing is sent.
    scan_plan(ScanArgs) -> ScanPlan;
    /// Starts a scan; its rows come as events.
    scan_start(ScanArgs) -> ScanStatus;
    /// Ends a scan and keeps its rows.
    scan_cancel(ScanRef) -> ScanStatus;
    /// A scan and its rows so far.
    scan(ScanRef) -> ScanReport;
    /// The tools that servers list.
    tools(ToolsArgs) -> ToolList;
    /// Calls a tool.
    call(CallArgs) -> CallResult;
    /// Ends a call; its server is told.
    cancel(CancelArgs) -> Cancelled;
    /// The commands that take longer to start than a moment.
    starts(Empty) -> StartList;
    /// Ends the start of a command. A known server is started again when it is used, or in an hour.
    start_cancel(ServerArgs) -> Cancelled;
    /// Keeps the server that an `add` waits for; its start goes on.
    keep_starting(CancelArgs) -> KeptStarting;
    /// Where secrets are kept, and which; never the secrets themselves.
    secrets(Empty) -> Secrets;
    /// Keeps a token or a header for a server, then measures it.
    secret_set(SecretSetArgs) -> SecretSet;
    /// Forgets a token or a header of a server, then measures it.
    secret_forget(SecretArgs) -> SecretForgotten;
    /// Takes servers from a file.
    import(ImportArgs) -> ImportReport;
    /// Writes the servers as a file.
    export(ExportArgs) -> Exported;
    /// Checks a configuration without loading it.
    config_check(ConfigCheckArgs) -> ConfigReport;
    /// The configuration in use, and its file as it is now.
    config(Empty) -> ConfigStatus;
    /// Starts the demo fleet on loopback: servers to try things with. Harmless when it runs.
    demo_start(Empty) -> Demo;
    /// Ends the demo fleet and forgets its servers. Harmless when it does not run.
    demo_stop(Empty) -> Demo;
    /// Whether the demo fleet runs, and its servers.
    demo(Empty) -> Demo;
    /// Checks a filter and translates it.
    filter(FilterArgs) -> FilterForms;
}

fn read<T: DeserializeOwned>(name: &str, args: Value) -> Result<T, ApiError> {
    let args = if args.is_null() { json!({}) } else { args };
    serde_json::from_value(args)
        .map_err(|error| ApiError::arguments(format!("`{name}` does not take these arguments: {error}")))
}

fn write<T: Serialize>(result: &T) -> Result<Box<RawValue>, ApiError> {
    to_raw_value(result).map_err(|error| {
        ApiError::new(ErrorCode::Internal, format!("the result could not be written: {error}"))
    })
}

fn unknown(name: &str) -> ApiError {
    ApiError::new(ErrorCode::UnknownOperation, format!("there is no operation `{name}`"))
        .with(json!({ "operations": NAMES }))
}
