//! Tells the registry who sees its servers, so that filters know it.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use model::{Server, ServerId, Sighting, SightingKind};
use registry::{Measure, Published, Registry, Told};
use tokio::sync::broadcast::error::RecvError;
use tokio_util::sync::CancellationToken;

use super::ScanMemory;

type Words = HashMap<ServerId, Arc<[String]>>;

impl ScanMemory {
    /// Goes on until it is stopped.
    pub async fn tell_who_sees(self, registry: Registry, stop: CancellationToken) {
        let telling = self.tell_on(&registry);
        let _ = stop.run_until_cancelled(telling).await;
    }

    async fn tell_on(&self, registry: &Registry) {
        let (mut published, mut noted) = (registry.subscribe(), self.0.inner.noted.subscribe());
        let mut words = self.words().await.unwrap_or_default();
        tell(registry, &words, registry.snapshot().iter()).await;
        loop {
            tokio::select! {
                changed = noted.changed() => {
                    if changed.is_err() {
                        return;
                    }
                    // What cannot be read now is read with the next change.
                    if let Some(read) = self.words().await {
                        words = read;
                    }
                    tell(registry, &words, registry.snapshot().iter()).await;
                }
                next = published.recv() => match next {
                    Ok(Published { told: Some(told), .. }) => {
                        let changed = told.iter().filter_map(|told| match told {
                            Told::Changed(server) => Some(&**server),
                            Told::Measured(_) | Told::Removed(_) => None,
                        });
                        tell(registry, &words, changed).await;
                    }
                    Ok(Published { told: None, .. }) | Err(RecvError::Lagged(_)) => {
                        tell(registry, &words, registry.snapshot().iter()).await;
                    }
                    Err(RecvError::Closed) => return,
                },
            }
        }
    }

    async fn words(&self) -> Option<Words> {
        let mut words: HashMap<ServerId, BTreeSet<String>> = HashMap::new();
        for sighting in self.sightings(None).await.ok()? {
            if sighting.gone_at.is_none() {
                words.entry(sighting.server).or_default().extend(words_of(&sighting));
            }
        }
        Some(words.into_iter().map(|(id, words)| (id, words.into_iter().collect())).collect())
    }
}

/// Its kind; and who it is, where the place begins with that: `cursor: ~/.cursor/mcp.json`.
fn words_of(sighting: &Sighting) -> impl Iterator<Item = String> {
    let is_named = !matches!(sighting.kind, SightingKind::Port | SightingKind::Scan);
    let name = sighting.place.split_once(':').map(|(name, _)| name.trim().to_lowercase());
    let name = name.filter(|name| is_named && !name.is_empty());
    std::iter::once(sighting.kind.word().to_owned()).chain(name)
}

async fn tell(registry: &Registry, words: &Words, servers: impl Iterator<Item = &Server>) {
    let nobody: Arc<[String]> = Arc::from([]);
    let news = servers.filter_map(|server| {
        let now = words.get(&server.info.id).unwrap_or(&nobody);
        (*now != server.health.seen_by).then(|| (server.info.id, Measure::Seen(now.clone())))
    });
    let news: Vec<_> = news.collect();
    if !news.is_empty()
        && let Err(error) = registry.measured(news).await
    {
        tracing::debug!(%error, "who sees servers could not be told");
    }
}
