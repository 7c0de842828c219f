//! The memory of scans: compared, forgotten, written as files and read again; saved ranges; what saw a server.

use api::{
    Empty, ErrorCode, Exported, RangeForgetArgs, RangeList, RangeSaveArgs, ScanCompareArgs, ScanComparison,
    ScanExportArgs, ScanForgetArgs, ScanForm, ScanImportArgs, ScanImported, ScansChanged, ServerArgs,
    SightingList,
};
use discovery::memory::ScanFileError;
use discovery::scan::{PortSet, ProbePlan};
use discovery::{MemoryError, ScanMemory};
use model::{Activity, ScanRange, ScanRow};
use serde_json::json;
use uuid::Uuid;

use super::find::find;
use crate::error::OperationError;
use crate::{App, now};

impl App {
    pub(super) async fn scan_compare(&self, args: ScanCompareArgs) -> Result<ScanComparison, OperationError> {
        let mut compared = self.0.scans.compare(args.scan.as_deref(), args.with.as_deref()).await?;
        let known = |row: &mut ScanRow| self.0.intake.mark_known(std::slice::from_mut(row));
        compared.new.iter_mut().for_each(known);
        compared.gone.iter_mut().for_each(|gone| known(&mut gone.row));
        compared.changed.iter_mut().for_each(|changed| known(&mut changed.row));
        compared.moved.iter_mut().for_each(|moved| known(&mut moved.row));
        compared.not_asked.iter_mut().for_each(|unasked| known(&mut unasked.row));
        Ok(compared)
    }

    pub(super) async fn scan_forget(&self, args: ScanForgetArgs) -> Result<ScansChanged, OperationError> {
        let undo = self.0.scans.forget(args.scans).await?;
        Ok(self.scans_changed(undo))
    }

    pub(super) async fn scan_export(&self, args: ScanExportArgs) -> Result<Exported, OperationError> {
        let scan = match args.scan {
            Some(id) => self.0.scans.scan(&id).await?,
            None => self.0.scans.newest().await?.ok_or(MemoryError::NoScans)?,
        };
        let servers = scan.rows.iter().filter(|row| row.is_server()).count();
        let (file, text) = match args.form {
            ScanForm::Json => ("scan.json", self.0.scans.export_json(scan).await?),
            ScanForm::Csv => ("scan.csv", scan.to_csv()),
        };
        Ok(Exported { file: file.to_owned(), text, servers, warnings: Vec::new() })
    }

    pub(super) async fn scan_import(&self, args: ScanImportArgs) -> Result<ScanImported, OperationError> {
        let id = Uuid::new_v4().to_string();
        let file = args.file.as_deref().unwrap_or("the file");
        match self.0.scans.import(&args.text, id).await {
            Ok((scan, undo)) => Ok(ScanImported { scan, undo: self.scans_changed(Some(undo)).undo }),
            Err(MemoryError::ScanFile(error)) => {
                let place = match &error {
                    ScanFileError::NotOurs { line, column, .. } => json!({ "line": line, "column": column }),
                    _ => json!({}),
                };
                let message = format!("{file}: {error}");
                Err(OperationError::new(ErrorCode::InvalidFile, message).with(place))
            }
            Err(error) => Err(error.into()),
        }
    }

    pub(super) async fn ranges(&self, _: Empty) -> Result<RangeList, OperationError> {
        Ok(RangeList { ranges: self.0.scans.ranges().await? })
    }

    /// A range that could not be scanned is not saved either.
    pub(super) async fn range_save(&self, args: RangeSaveArgs) -> Result<ScansChanged, OperationError> {
        let RangeSaveArgs { name, targets, ports, deep } = args;
        let set = ports.as_deref().map_or_else(|| Ok(PortSet::usual()), PortSet::parse)?;
        ProbePlan::read(&targets, set).await?;
        let range = ScanRange { name, targets, ports, deep, saved_at: now() };
        let undo = self.0.scans.save_range(range).await?;
        Ok(self.scans_changed(undo))
    }

    pub(super) async fn range_forget(&self, args: RangeForgetArgs) -> Result<ScansChanged, OperationError> {
        let undo = self.0.scans.forget_range(&args.name).await?;
        Ok(self.scans_changed(undo))
    }

    pub(super) async fn sightings(&self, args: ServerArgs) -> Result<SightingList, OperationError> {
        let server = find(&self.0.registry.snapshot(), &args.id)?;
        let sightings = self.0.scans.sightings(Some(server.info.id)).await?;
        Ok(SightingList { sightings, at: now() })
    }

    /// Faces that show scans and ranges read them again.
    pub(super) fn scans_changed(&self, undo: Option<i64>) -> ScansChanged {
        if undo.is_some() {
            self.tell(Activity::ScansChanged {});
        }
        ScansChanged { undo }
    }

    pub(super) fn scan_memory(&self) -> &ScanMemory {
        &self.0.scans
    }
}
