//! The real window, driven through WebKitGTK's own WebDriver. Things are found as a person finds them: by what they
//! are and what they are called. `cargo xtask test --only rust` gives these tests the display they need.
#![cfg(target_os = "linux")]

// As modules of tests: helpers may panic with a sentence.
#[cfg(test)]
mod clients;
#[cfg(test)]
mod edit;
#[cfg(test)]
mod journey;
#[cfg(test)]
mod keyboard;
#[cfg(test)]
mod live;
#[cfg(test)]
mod page;
#[cfg(test)]
mod route;
#[cfg(test)]
mod settings;
#[cfg(test)]
mod topology;
#[cfg(test)]
mod trust;
#[cfg(test)]
mod window;
