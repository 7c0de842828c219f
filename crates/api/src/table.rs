//! The table of operations. Who needs one thing of each of them hands a macro to [`operations!`](crate::operations).

use std::future::Future;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::{ApiError, ErrorCode};

/// Hands the whole table to the macro `$with`, as `name(Arguments) -> Result;`, each with its documentation.
#[macro_export]
macro_rules! operations {
    ($with:ident) => {
        $with! {
            /// What this core is and what it holds.
            status(Empty) -> Status;
            /// Ends the access of every browser that opened the link: each has to open it again.
            revoke_browsers(Empty) -> Empty;
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
            /// Gives tags and data to servers, or takes them away, as one change.
            label(LabelArgs) -> Changed;
            /// Removes servers; they can be restored for 30 days.
            remove(ServersByIdArgs) -> Changed;
            /// Brings removed servers back.
            restore(ServersByIdArgs) -> Changed;
            /// Removes servers and keeps scans from bringing them back.
            ignore(ServersByIdArgs) -> Changed;
            /// Pauses servers: no call goes to them until they are resumed.
            pause(ServersByIdArgs) -> Changed;
            /// Resumes servers that were paused.
            resume(ServersByIdArgs) -> Changed;
            /// Undoes the newest change.
            undo(UndoArgs) -> Undone;
            /// Redoes the change that was undone last.
            redo(UndoArgs) -> Undone;
            /// What the next undo and the next redo would do.
            upcoming(Empty) -> Upcoming;
            /// The servers that can be restored.
            removed(Empty) -> RemovedList;
            /// Checks a server now.
            check(ServerArgs) -> Checked;
            /// How servers are, with the evidence.
            health(HealthArgs) -> HealthReport;
            /// How a server was: changes of its status, the last day, the last hour.
            history(HistoryArgs) -> ServerHistory;
            /// How the last requests to a server ended, and what it wrote to its standard error.
            logs(ServerArgs) -> ServerLogs;
            /// Accepts the tools that a server lists now, where they differ from the accepted ones.
            adopt(ServerArgs) -> Changed;
            /// What a scan would ask and how long it would take; nothing is sent.
            scan_plan(ScanArgs) -> ScanPlan;
            /// Starts a scan; its rows come as events.
            scan_start(ScanArgs) -> ScanStatus;
            /// Ends a scan and keeps its rows.
            scan_cancel(ScanRef) -> ScanStatus;
            /// The last scans, the newest first.
            scans(Empty) -> ScanList;
            /// A scan and its rows so far.
            scan(ScanRef) -> ScanReport;
            /// The AI clients of this computer, and the servers that they are set up with; nothing is started or asked.
            clients(ClientsArgs) -> ClientList;
            /// What differs between two scans: new, gone, changed, moved, not asked.
            scan_compare(ScanCompareArgs) -> ScanComparison;
            /// Forgets scans that are over; it can be taken back.
            scan_forget(ScanForgetArgs) -> ScansChanged;
            /// Writes a scan as a file.
            scan_export(ScanExportArgs) -> Exported;
            /// Takes a scan from a file that `scan_export` wrote.
            scan_import(ScanImportArgs) -> ScanImported;
            /// The ranges that are saved.
            ranges(Empty) -> RangeList;
            /// Saves addresses and ports under a name.
            range_save(RangeSaveArgs) -> ScansChanged;
            /// Forgets a saved range.
            range_forget(RangeForgetArgs) -> ScansChanged;
            /// Who saw a server, where and when.
            sightings(ServerArgs) -> SightingList;
            /// The tools that servers list.
            tools(ToolsArgs) -> ToolList;
            /// Calls a tool.
            call(CallArgs) -> CallResult;
            /// Where calls would go, and why; nothing is sent.
            route(RouteArgs) -> RouteResult;
            /// The rules of routing, in their order.
            rules(RulesArgs) -> RuleList;
            /// The breakers of servers that failed, rest, or have calls under way.
            breakers(Empty) -> BreakerList;
            /// The calls that were recorded, newest first.
            calls(CallsArgs) -> CallList;
            /// All that is kept of a call, with its decisions made again.
            call_record(CallRecordArgs) -> CallRecord;
            /// How many calls there were, how long they took, who answered, which rules applied.
            traffic(TrafficArgs) -> Traffic;
            /// Where recorded calls would have gone by other rules, or with servers down; nothing is sent.
            replay(ReplayArgs) -> Replay;
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
            /// Keeps a secret for the configuration, where `${keyring:NAME}` names it.
            named_secret_set(NamedSecretSetArgs) -> NamedSecretSet;
            /// Forgets a secret of the configuration.
            named_secret_forget(NamedSecretArgs) -> NamedSecretForgotten;
            /// Imports servers from a file.
            import(ImportArgs) -> ImportReport;
            /// Exports the servers as a file.
            export(ExportArgs) -> Exported;
            /// Checks a configuration without loading it.
            config_check(ConfigCheckArgs) -> ConfigReport;
            /// The configuration in use, and its file as it is now.
            config(Empty) -> ConfigStatus;
            /// What the configuration's file would be after these edits; nothing is written.
            config_draft(ConfigDraftArgs) -> ConfigDraft;
            /// Saves the configuration's file and takes it up, if it loads.
            config_save(ConfigSaveArgs) -> ConfigSaved;
            /// The versions of the file that are kept, newest first.
            config_versions(Empty) -> ConfigVersions;
            /// One of them, with what it changed and what restoring it would.
            config_version(ConfigVersionArgs) -> ConfigVersion;
            /// Makes the file again what a version was.
            config_restore(ConfigRestoreArgs) -> ConfigSaved;
            /// The secrets that the file holds or names, and those that are kept for it; never the secrets themselves.
            config_secrets(ConfigSecretsArgs) -> ConfigSecrets;
            /// Keeps a secret that stands in the file in plain text, and writes its name there instead. Both happen, or
            /// neither.
            config_secret_move(ConfigSecretMoveArgs) -> ConfigSecretMoved;
            /// What every key of the file is.
            config_keys(Empty) -> ConfigKeys;
            /// The file as a JSON Schema, for editors.
            config_schema(Empty) -> ConfigSchema;
            /// Where AI clients ask, which of them have a token, and the tools that they see.
            gateway(Empty) -> GatewayStatus;
            /// Makes a token for an AI client. It is shown this once.
            gateway_token_new(GatewayTokenArgs) -> GatewayToken;
            /// Revokes the token of an AI client: what it has open ends.
            gateway_token_revoke(GatewayRevokeArgs) -> GatewayRevoked;
            /// Servers that could be one to AI clients, since they list the same tools, and the groups that there are.
            replica_proposals(Empty) -> ReplicaProposals;
            /// What clients would see of servers if they were one; nothing is changed.
            replica_preview(ReplicaGroupArgs) -> ReplicaPreview;
            /// Makes servers one to AI clients, in the configuration's file.
            replica_group_accept(ReplicaGroupArgs) -> ReplicaGroupChanged;
            /// Takes a group apart again, in the configuration's file.
            replica_group_dissolve(ReplicaDissolveArgs) -> ReplicaGroupChanged;
            /// Does not propose these servers again, while they and their tools are the same.
            replica_proposal_dismiss(ReplicaDismissArgs) -> ReplicaDismissed;
            /// All that is measured, as `/metrics` and the file have it.
            metrics(Empty) -> Figures;
            /// Where figures are exported, and who read them last.
            metrics_exports(Empty) -> MetricsExports;
            /// Starts the demo fleet on loopback: servers to try things with. Harmless when it runs.
            demo_start(Empty) -> Demo;
            /// Ends the demo fleet and forgets its servers. Harmless when it does not run.
            demo_stop(Empty) -> Demo;
            /// Whether the demo fleet runs, and its servers.
            demo(Empty) -> Demo;
            /// Checks a filter and translates it.
            filter(FilterArgs) -> FilterForms;
        }
    };
}

/// Whoever carries out an operation by its name: the core in this process, or one in another. The answer is text: what a
/// server said passes through with the digits it was sent with.
pub trait Perform {
    /// Carries it out.
    fn perform(
        &self,
        name: &str,
        args: Value,
    ) -> impl Future<Output = Result<Box<RawValue>, ApiError>> + Send;
}

macro_rules! ask {
    ($( $(#[doc = $doc:literal])+ $name:ident($args:ident) -> $result:ident; )+) => {
        /// The name of every operation.
        pub const NAMES: &[&str] = &[$(stringify!($name)),+];

        /// Every operation, typed.
        pub trait Operations: Perform + Sync {
            $( $(#[doc = $doc])+
            fn $name(&self, args: crate::$args) -> impl Future<Output = Result<crate::$result, ApiError>> + Send {
                async move { read(&self.perform(stringify!($name), write(&args)?).await?) }
            } )+
        }

        impl<T: Perform + Sync> Operations for T {}

        #[cfg(test)]
        pub(crate) fn interface(config: &ts_rs::Config) -> String {
            use ts_rs::TS;
            let mut text = String::from("export interface Operations {\n");
            $(
                for line in [$($doc),+] { text += &format!("  /** {} */\n", line.trim()); }
                text += &format!("  {}: {{ args: {}; result: {} }};\n", stringify!($name), crate::$args::name(config), crate::$result::name(config));
            )+
            text + "}\n"
        }
    };
}

operations!(ask);

fn write<T: Serialize>(args: &T) -> Result<Value, ApiError> {
    serde_json::to_value(args).map_err(|error| {
        ApiError::new(ErrorCode::Internal, format!("the question could not be written: {error}"))
    })
}

/// Another version of the core may answer something else than this one promises.
fn read<T: DeserializeOwned>(answer: &RawValue) -> Result<T, ApiError> {
    serde_json::from_str(answer.get()).map_err(|error| {
        ApiError::new(
            ErrorCode::Internal,
            format!("the core's answer cannot be read: {error}; is it another version?"),
        )
    })
}
