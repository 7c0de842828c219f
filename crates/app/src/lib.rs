//! The composition root without Tauri.
pub mod operations;
