//! The table of operations. Code that needs one thing of each of them passes a macro to [`operations!`](crate::operations).

use std::future::Future;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::{ApiError, ErrorCode};

/// Passes the whole table to the macro `$with`, as `name(Arguments) -> Result;`, each with its documentation.
#[macro_export]
macro_rules! operations {
    ($with:ident) => {
        $with! {
            /// The core and its data.
            status(Empty) -> Status;
            /// Signs out every browser that opened the link: each has to open it again.
            revoke_browsers(Empty) -> Empty;
            /// The servers that match.
            servers(ServersArgs) -> ServerList;
            /// The ids of the servers that match.
            order(ServersArgs) -> ServerOrder;
            /// Everything about one server.
            server(ServerArgs) -> ServerDetails;
            /// Probes an address and keeps the server.
            add(AddArgs) -> Added;
            /// Shows the certificate that a server presents now; no request is sent to the server.
            certificate(CertificateArgs) -> ShownCertificate;
            /// Changes the name, tags, data, address, command or sign-in of a server; it is checked before that is kept.
            edit(EditArgs) -> Edited;
            /// Adds or removes tags and data of servers, as one change.
            label(LabelArgs) -> Changed;
            /// Removes servers; they can be restored for 30 days.
            remove(ServersByIdArgs) -> Changed;
            /// Restores removed servers.
            restore(ServersByIdArgs) -> Changed;
            /// Removes servers, and scans do not add them again.
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
            /// The health of servers, with the evidence.
            health(HealthArgs) -> HealthReport;
            /// The history of a server: changes of its status, the last day, the last hour.
            history(HistoryArgs) -> ServerHistory;
            /// How the last requests to a server ended, and what it wrote to its standard error.
            logs(ServerArgs) -> ServerLogs;
            /// Accepts the tools that a server lists now, where they differ from the accepted ones.
            adopt(ServerArgs) -> Changed;
            /// What a scan would probe and how long it would take; nothing is sent.
            scan_plan(ScanArgs) -> ScanPlan;
            /// Starts a scan; its rows come as events.
            scan_start(ScanArgs) -> ScanStatus;
            /// Ends a scan and keeps its rows.
            scan_cancel(ScanRef) -> ScanStatus;
            /// The last scans, the newest first.
            scans(Empty) -> ScanList;
            /// A scan and its rows so far.
            scan(ScanRef) -> ScanReport;
            /// The AI clients of this computer, and the servers that they are set up with; nothing is started or contacted.
            clients(ClientsArgs) -> ClientList;
            /// What differs between two scans: new, gone, changed, moved, not asked.
            scan_compare(ScanCompareArgs) -> ScanComparison;
            /// Forgets scans that are over; this can be undone.
            scan_forget(ScanForgetArgs) -> ScansChanged;
            /// Writes a scan as a file.
            scan_export(ScanExportArgs) -> Exported;
            /// Imports a scan from a file that `scan_export` wrote.
            scan_import(ScanImportArgs) -> ScanImported;
            /// The saved ranges.
            ranges(Empty) -> RangeList;
            /// Saves addresses and ports under a name.
            range_save(RangeSaveArgs) -> ScansChanged;
            /// Forgets a saved range.
            range_forget(RangeForgetArgs) -> ScansChanged;
            /// What saw a server, where and when.
            sightings(ServerArgs) -> SightingList;
            /// The tools that servers list.
            tools(ToolsArgs) -> ToolList;
            /// Calls a tool.
            call(CallArgs) -> CallResult;
            /// Where calls would go, and why; nothing is sent.
            route(RouteArgs) -> RouteResult;
            /// The routing rules, in their order of precedence.
            rules(RulesArgs) -> RuleList;
            /// The breakers of servers that failed, get no calls for now, or have calls under way.
            breakers(Empty) -> BreakerList;
            /// The calls that were recorded, newest first.
            calls(CallsArgs) -> CallList;
            /// Everything that is kept of a call, with its decisions recomputed.
            call_record(CallRecordArgs) -> CallRecord;
            /// How many calls there were, how long they took, which servers answered, which rules applied.
            traffic(TrafficArgs) -> Traffic;
            /// Where recorded calls would have gone under other rules, or with servers down; nothing is sent.
            replay(ReplayArgs) -> Replay;
            /// Cancels a call, also at its server.
            cancel(CancelArgs) -> Cancelled;
            /// The commands that take long to start.
            starts(Empty) -> StartList;
            /// Cancels the start of a command. A known server is started again when it is used, or in an hour.
            start_cancel(ServerArgs) -> Cancelled;
            /// Keeps the server that an `add` waits for; its start continues.
            keep_starting(CancelArgs) -> KeptStarting;
            /// Where secrets are kept, and which; never the secrets themselves.
            secrets(Empty) -> Secrets;
            /// Keeps a token or a header for a server, then checks the server.
            secret_set(SecretSetArgs) -> SecretSet;
            /// Forgets a token or a header of a server, then checks the server.
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
            /// Saves the configuration's file and applies it, if it loads.
            config_save(ConfigSaveArgs) -> ConfigSaved;
            /// The versions of the file that are kept, newest first.
            config_versions(Empty) -> ConfigVersions;
            /// A version, with what it changed and what restoring it would change.
            config_version(ConfigVersionArgs) -> ConfigVersion;
            /// Restores a version of the file.
            config_restore(ConfigRestoreArgs) -> ConfigSaved;
            /// The secrets that the file contains or names, and those that are kept for it; never the secrets themselves.
            config_secrets(ConfigSecretsArgs) -> ConfigSecrets;
            /// Moves a plain-text secret from the file to where secrets are kept, and writes its name there instead. Both
            /// happen, or neither.
            config_secret_move(ConfigSecretMoveArgs) -> ConfigSecretMoved;
            /// Every key of the file, described.
            config_keys(Empty) -> ConfigKeys;
            /// The file as a JSON Schema, for editors.
            config_schema(Empty) -> ConfigSchema;
            /// The address for AI clients, which of them have a token, and the tools that they see.
            gateway(Empty) -> GatewayStatus;
            /// Creates a token for an AI client. It is shown only this once.
            gateway_token_new(GatewayTokenArgs) -> GatewayToken;
            /// Revokes the token of an AI client: its open connections end.
            gateway_token_revoke(GatewayRevokeArgs) -> GatewayRevoked;
            /// The groups of replicas, and servers that look like replicas since they list the same tools.
            replica_proposals(Empty) -> ReplicaProposals;
            /// What clients would see of servers if they were a group; nothing is changed.
            replica_preview(ReplicaGroupArgs) -> ReplicaPreview;
            /// Groups servers as replicas, in the configuration's file.
            replica_group_accept(ReplicaGroupArgs) -> ReplicaGroupChanged;
            /// Dissolves a group, in the configuration's file.
            replica_group_dissolve(ReplicaDissolveArgs) -> ReplicaGroupChanged;
            /// Does not propose these servers again, while they and their tools are the same.
            replica_proposal_dismiss(ReplicaDismissArgs) -> ReplicaDismissed;
            /// All metrics, as `/metrics` and the file have them.
            metrics(Empty) -> Figures;
            /// Where metrics are exported, and what read them last.
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

/// Something that carries out operations by name: the core in this process, or one in another. The answer is text: numbers
/// of a server pass through with all their digits.
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

/// Another version of the core may send another answer than this one expects.
fn read<T: DeserializeOwned>(answer: &RawValue) -> Result<T, ApiError> {
    serde_json::from_str(answer.get()).map_err(|error| {
        ApiError::new(
            ErrorCode::Internal,
            format!("the core's answer cannot be read: {error}; is it another version?"),
        )
    })
}
