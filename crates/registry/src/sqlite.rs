//! Opens the registry over the database of a folder.

use std::path::Path;

use store::Store;

use crate::writer::now;
use crate::{OpenedRegistry, Registry, RegistryError, Sqlite};

/// Opens the registry over the database in `folder`. A damaged database is moved aside and named in the notices.
pub async fn open_sqlite(folder: &Path) -> Result<OpenedRegistry, RegistryError> {
    open_sqlite_telling(folder, Box::new(|news| tracing::warn!(news, "the database"))).await
}

/// The same; what happens to its file later, and a person should know, is told. [`OpenedRegistry::watch`] has to run for that.
pub async fn open_sqlite_telling(
    folder: &Path,
    told: store::FileListener,
) -> Result<OpenedRegistry, RegistryError> {
    let folder = folder.to_path_buf();
    let opening = tokio::task::spawn_blocking(move || Store::open_telling(&folder, now(), told));
    let store::OpenedStore { store, damaged, backup, clock, clock_notice } =
        opening.await.map_err(|_| RegistryError::Closed)??;
    if let Some(backup) = backup {
        tracing::info!(backup = %backup.display(), "the database was copied before its schema changed");
    }
    let watch = store.look_after();
    let mut opened = Registry::open_by(Sqlite::new(store), clock.ages()).await?;
    opened.watch = Box::pin(watch);
    opened.notices.splice(0..0, damaged.map(|damage| moved_aside(&damage)).into_iter().chain(clock_notice));
    opened.clock = Some(clock);
    Ok(opened)
}

fn moved_aside(store::Damage { aside, kept }: &store::Damage) -> String {
    let kept = match kept {
        0 => "no server could be read of it".to_owned(),
        1 => "one server could be read of it and is kept".to_owned(),
        kept => format!("{kept} servers could be read of it and are kept"),
    };
    format!(
        "The database was damaged. It was moved aside as `{}` and a new one was begun: {kept}. What is missing must be found \
         or added again.",
        aside.display()
    )
}
