//! Every operation once.

#[cfg(test)]
mod bindings;
mod types;

pub use types::*;

#[cfg(test)]
use model::ScanStatus;

/// Declares the operations: their names, the types of their arguments and results, and what they do.
macro_rules! operations {
    ($( $(#[doc = $doc:literal])+ $name:ident($args:ident) -> $result:ident; )+) => {
        /// The name of every operation.
        pub const NAMES: &[&str] = &[$(stringify!($name)),+];

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
    /// Everything about one server.
    server(ServerArgs) -> ServerDetails;
    /// Probes an address and keeps the server.
    add(AddArgs) -> Added;
    /// Renames a server or changes its tags and data.
    edit(EditArgs) -> Changed;
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
    /// The servers that can be brought back.
    removed(Empty) -> RemovedList;
    /// Measures a server now.
    check(ServerArgs) -> Checked;
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
    /// Takes servers from a file.
    import(ImportArgs) -> ImportReport;
    /// Writes the servers as a file.
    export(ExportArgs) -> Exported;
    /// Checks a configuration without loading it.
    config_check(ConfigCheckArgs) -> ConfigReport;
    /// Checks a filter and translates it.
    filter(FilterArgs) -> FilterForms;
}
