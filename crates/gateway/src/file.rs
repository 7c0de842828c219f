//! `gateway.db`: the names of tools, and the clients that have a token. A client's secret is not in it, only its hash.

use std::path::{Path, PathBuf};

use model::Millis;
use model::config::Naming;
use parking_lot::Mutex;
use rusqlite::{Connection, params};
use store::beside::{Aside, BesideError, Layout, open_beside};

use crate::names::{GivenNames, NameSpace, OfferOrigin};

/// Its name in the data directory.
pub const FILE: &str = "gateway.db";

const TABLES: &str = "
CREATE TABLE names (
    naming TEXT NOT NULL,
    name TEXT NOT NULL,
    owner TEXT NOT NULL,
    tool TEXT NOT NULL,
    PRIMARY KEY (naming, name),
    UNIQUE (naming, owner, tool)
) WITHOUT ROWID;
CREATE TABLE gateway_clients (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    hash BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    used_at INTEGER
) WITHOUT ROWID;
";

const LAYOUT: Layout =
    Layout { version: 1, tables: TABLES, later: "", look: |database| all_clients(database).map(drop) };

/// A client that has a token, as it is stored.
#[derive(Debug, Clone)]
pub(crate) struct ClientRow {
    pub(crate) id: String,
    pub(crate) name: String,
    /// SHA-256 of the secret.
    pub(crate) hash: Vec<u8>,
    pub(crate) created_at: Millis,
    pub(crate) used_at: Option<Millis>,
}

/// The open file.
#[derive(Debug)]
pub(crate) struct GatewayFile {
    path: PathBuf,
    database: Mutex<Connection>,
}

impl GatewayFile {
    pub(crate) fn open(folder: &Path, now: Millis) -> Result<(Self, Option<Aside>), BesideError> {
        let path = folder.join(FILE);
        let (database, aside) = open_beside(&path, &LAYOUT, now)?;
        Ok((Self { path, database: Mutex::new(database) }, aside))
    }

    /// The names in the file.
    pub(crate) fn given(&self, space: NameSpace) -> Result<GivenNames, BesideError> {
        self.with(|database| {
            let mut asked = database.prepare("SELECT name, owner, tool FROM names WHERE naming = ?1")?;
            let mut given = GivenNames::default();
            let mut rows = asked.query([word(space)])?;
            while let Some(row) = rows.next()? {
                given.keep(OfferOrigin { owner: row.get(1)?, own: row.get(2)? }, row.get(0)?);
            }
            Ok(given)
        })
    }

    pub(crate) fn keep_names(
        &self,
        space: NameSpace,
        names: &[(OfferOrigin, String)],
    ) -> Result<(), BesideError> {
        self.with(|database| {
            let all = database.transaction()?;
            for (OfferOrigin { owner, own }, name) in names {
                all.execute(
                    "INSERT OR IGNORE INTO names (naming, name, owner, tool) VALUES (?1, ?2, ?3, ?4)",
                    params![word(space), name, owner, own],
                )?;
            }
            all.commit()
        })
    }

    /// Frees their names for others.
    pub(crate) fn forget_names(&self, owners: &[String]) -> Result<(), BesideError> {
        self.with(|database| {
            let all = database.transaction()?;
            for owner in owners {
                all.execute("DELETE FROM names WHERE owner = ?1", [owner])?;
            }
            all.commit()
        })
    }

    pub(crate) fn clients(&self) -> Result<Vec<ClientRow>, BesideError> {
        self.with(|database| all_clients(database))
    }

    /// Stores a client; a former token of that name is no longer valid.
    pub(crate) fn keep_client(&self, client: &ClientRow) -> Result<(), BesideError> {
        let ClientRow { id, name, hash, created_at, used_at } = client;
        self.with(|database| {
            let all = database.transaction()?;
            all.execute("DELETE FROM gateway_clients WHERE name = ?1", [name])?;
            all.execute(
                "INSERT INTO gateway_clients (id, name, hash, created_at, used_at) VALUES (?1, ?2, ?3, ?4, ?5)",
                params![id, name, hash, created_at, used_at],
            )?;
            all.commit()
        })
    }

    pub(crate) fn forget_client(&self, id: &str) -> Result<(), BesideError> {
        self.with(|database| database.execute("DELETE FROM gateway_clients WHERE id = ?1", [id]).map(drop))
    }

    pub(crate) fn used(&self, uses: &[(String, Millis)]) -> Result<(), BesideError> {
        self.with(|database| {
            let all = database.transaction()?;
            for (id, at) in uses {
                all.execute("UPDATE gateway_clients SET used_at = ?2 WHERE id = ?1", params![id, at])?;
            }
            all.commit()
        })
    }

    fn with<T>(&self, work: impl FnOnce(&mut Connection) -> rusqlite::Result<T>) -> Result<T, BesideError> {
        work(&mut self.database.lock()).map_err(|error| BesideError::of(&self.path, error))
    }
}

fn all_clients(database: &Connection) -> rusqlite::Result<Vec<ClientRow>> {
    let mut asked =
        database.prepare("SELECT id, name, hash, created_at, used_at FROM gateway_clients ORDER BY name")?;
    let rows = asked.query_map([], |row| {
        Ok(ClientRow {
            id: row.get(0)?,
            name: row.get(1)?,
            hash: row.get(2)?,
            created_at: row.get(3)?,
            used_at: row.get(4)?,
        })
    })?;
    rows.collect()
}

fn word(space: NameSpace) -> &'static str {
    match space {
        NameSpace::Tools(Naming::Auto) => "auto",
        NameSpace::Tools(Naming::Always) => "always",
        NameSpace::Tools(Naming::Never) => "never",
        NameSpace::Prompts(Naming::Auto) => "prompts auto",
        NameSpace::Prompts(Naming::Always) => "prompts always",
        NameSpace::Prompts(Naming::Never) => "prompts never",
        NameSpace::Uris => "uris",
    }
}
