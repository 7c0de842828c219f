//! The TypeScript side of the operations. `cargo xtask bindings` rewrites the file; this test fails when it is stale.

use crate::table::interface;
use crate::*;
use model::filter::{Own, SIGNS};
use model::{
    Activity, AddedFrom, Bucket, Certificate, CheckResult, CheckStatus, ClientEntry, ClientFile,
    ClientReport, ClientScope, Differences, EntryKind, Era, Event, EventBatch, Family, FamilyKind,
    FileProblem, Fingerprint, Flaw, Health, HealthStatus, Identity, Notice, NoticeLevel, Outcome,
    RefusedCertificate, ScanRange, ScanRow, ScanState, ScanStatus, SecretPlace, Series, ServerId, ServerRow,
    Sighting, SightingKind, Source, Stage, Start, Tls, Tool, ToolHints, Transition, Transport, Why,
    config::{Severity, Strategy},
};
use ts_rs::{Config, TS};

macro_rules! declarations {
    ($config:expr; $($type:ty),+ $(,)?) => {{
        let mut text = String::new();
        $( text += &format!("export {}\n\n", <$type>::decl($config)); )+
        text
    }};
}

fn bindings() -> String {
    let config = Config::new().with_large_int("number");
    let declarations = declarations!(&config;
        ServerId, Transport, Era, Source, HealthStatus, CheckStatus, CheckResult, Differences, Transition, Health, Identity, ToolHints, Tool, ServerRow, Outcome, ScanRow,
        ScanState, ScanStatus, NoticeLevel, Notice, Activity, Event<ServerRow>, EventBatch<ServerRow>, Empty, Status, StatusCounts, ServersArgs, ServerList, ServerOrder,
        ServerArgs, ServersByIdArgs, ServerDetails, AddArgs, Added, AskedStep, Changed, EditArgs, Without, Edited, LabelArgs, UndoArgs, UndoStep, Upcoming, Undone, Removed, RemovedList,
        ScanArgs, ScanPlan, ScanRef, ScanReport, ScanCompareArgs, ScanComparison, ScanGone, ScanChanged, ScanMoved, ScanNotAsked, ScanForgetArgs, ScansChanged, ScanForm,
        ScanExportArgs, ScanImportArgs, ScanImported, ScanRange, RangeList, RangeSaveArgs, RangeForgetArgs, SightingKind, Sighting, SightingList,
        AddedFrom, ClientScope, FileProblem, EntryKind, ClientEntry, ClientFile, ClientReport, ClientsArgs, ClientList, FromClient,
        ToolsArgs, ToolRow, ToolList, ServerRef, CallArgs, CancelArgs, Cancelled,
        Stage, Why, Strategy, RouteArgs, RouteResult, ServerPlace, RouteShare, Decision, DecisionStage, LeftOut, DecisionWeight, RouteRefusal, RulesArgs, RuleList, RuleRow,
        BreakerState, BreakerList, BreakerRow,
        CallOutcome, CallsLike, CallsArgs, CallList, CallRow, CallRecordArgs, CallRecord, CallTry, TrafficArgs, Traffic, TrafficBucket, TrafficServer, TrafficRule,
        ReplayArgs, Replay, ReplayMove, ReplayFailure, ReplayUnknown, ReplayShare,
        AttemptOutcome, Attempt, CallResult, ImportArgs, ImportedServer, Fate, ImportReport, ScanList, ExportForm, ExportArgs, Exported, ConfigCheckArgs,
        HealthArgs, ServerHealth, HealthReport, HistoryArgs, Bar, LatencyMinute, ServerHistory,
        Start, StartList, KeptStarting,
        LogLine, LoggedKind, LoggedOutcome, LoggedRequest, ServerLogs,
        SecretPlace, KeptIn, KeptSecret, Secrets, SecretSetArgs, SecretSet, SecretArgs, SecretForgotten, NamedSecret, NamedSecretSetArgs, NamedSecretArgs, NamedSecretSet, NamedSecretForgotten,
        Fingerprint, Certificate, Flaw, RefusedCertificate, Tls, CertificateArgs, ShownCertificate,
        Severity, ConfigProblem, ConfigReport, ConfigStatus, ConfigOp, ConfigEdit, ConfigDraftArgs, LineFate, DiffLine, ConfigPlace, ConfigDraft, ConfigSecretState, ConfigSecretRow, ConfigSecretsArgs, ConfigSecrets, ConfigSecretMoveArgs, ConfigSecretMoved, ConfigBy, ConfigSaveArgs,
        ConfigSaved, ConfigVersionRow, ConfigVersions, ConfigVersionArgs, ConfigVersion, ConfigRestoreArgs, ConfigKind, ConfigUnit, ConfigKey, ConfigKeys, ConfigSchema,
        GatewayClientRow, GatewayToolRow, OfferKind, GatewayOfferRow, GatewayProfileRow, GatewayStatus, GatewayTokenArgs, GatewayToken, GatewayRevokeArgs, GatewayRevoked,
        ReplicaDifference, ReplicaServer, ReplicaProposal, ReplicaApart, ReplicaGroupRow, ReplicaProposals, ReplicaGroupArgs, ReplicaDissolveArgs, ReplicaToolNames, ReplicaPreview, ReplicaGroupChanged, ReplicaDismissArgs, ReplicaDismissed,
        FamilyKind, Bucket, Series, Family, Figures, MetricsExports, MetricsDoor, Scrape, MetricsFile,
        Checked, Demo, FilterArgs, FilterForms, ErrorCode, Advice, ApiError,
    );
    format!(
        "// Generated from crates/api; `cargo xtask bindings` writes it again.\n\n{declarations}{}\n{}\n{}\n{}",
        interface(&config),
        severities(),
        status_words() + "\n" + &decision_words(),
        filter_language(),
    )
}

/// The severity of statuses, by which lists are ordered.
fn severities() -> String {
    let severity = |status: &HealthStatus| {
        format!("  {}: {},\n", serde_json::to_value(status).unwrap().as_str().unwrap(), status.severity())
    };
    let all: String = HealthStatus::ALL.iter().map(severity).collect();
    format!(
        "/** 0 is the worst, which needs attention first. */\nexport const SEVERITY: Record<HealthStatus, \
         number> = {{\n{all}}};\n"
    )
}

/// The words for a status.
fn status_words() -> String {
    let words = |status: HealthStatus| {
        format!("  {status}: {{ word: {:?}, is: {:?} }},\n", status.label(), status.filter_word())
    };
    let all: String = HealthStatus::ALL.into_iter().map(words).collect();
    format!(
        "/** The label, and the word after `is:` in a filter. */\nexport const STATUS_WORDS: \
         Record<HealthStatus, {{ word: string; is: string }}> = {{\n{all}}};\n"
    )
}

/// The words for stages and strategies, in their order.
fn decision_words() -> String {
    let stages = Stage::ALL.map(|stage| (serde_json::to_value(stage).unwrap(), stage.label()));
    let strategies = Strategy::ALL.map(|one| (serde_json::to_value(one).unwrap(), one.label()));
    record("STAGE_WORDS", "Stage", "The stages of a decision, in their order.", &stages)
        + "\n"
        + &record("STRATEGY_WORDS", "Strategy", "How one of several servers is picked.", &strategies)
}

fn record(name: &str, key: &str, about: &str, words: &[(serde_json::Value, &str)]) -> String {
    let line = |(key, word): &(serde_json::Value, &str)| format!("  {}: {word:?},\n", key.as_str().unwrap());
    let all: String = words.iter().map(line).collect();
    format!("/** {about} */\nexport const {name}: Record<{key}, string> = {{\n{all}}};\n")
}

/// The fields of servers that a filter can use.
fn filter_language() -> String {
    let field = |own: &Own| {
        let (word, aliases, about, sign, values) =
            (own.word(), own.aliases(), own.about(), own.sign(), own.values());
        format!(
            "  {word}: {{ aliases: {aliases:?}, about: {about:?}, sign: {sign:?}, values: {values:?} }},\n"
        )
    };
    let all: String = Own::ALL.iter().map(field).collect();
    format!(
        "/** A field that every server has. */\nexport interface FilterField {{ aliases: readonly string[]; about: string; sign: string; values: readonly string[] }}\n\n\
         /** The fields of a filter by their words. */\nexport const FILTER_FIELDS = {{\n{all}}} as const satisfies Record<string, FilterField>;\n\n\
         /** The signs between a field and its value; longer ones first. */\nexport const FILTER_SIGNS = {SIGNS:?} as const;\n"
    )
}

#[test]
fn the_typescript_file_is_current() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../ui/src/host/bindings.ts");
    let expected = bindings();
    if std::env::var_os("UPDATE_BINDINGS").is_some() {
        std::fs::create_dir_all(std::path::Path::new(path).parent().unwrap()).unwrap();
        std::fs::write(path, &expected).unwrap();
    }
    let found = std::fs::read_to_string(path).unwrap_or_default();
    assert!(found == expected, "ui/src/host/bindings.ts is stale: run `cargo xtask bindings`");
}
