//! One data directory, several processes.

use std::collections::HashSet;
use std::thread;

use crate::support::Place;

/// The guide's library keeps about 128 of these 400.
#[test]
fn four_processes_register_a_hundred_servers_each_and_all_are_kept() {
    let place = Place::new();
    thread::scope(|scope| {
        for process in 0..4 {
            let place = &place;
            scope.spawn(move || {
                for server in 0..100 {
                    let (url, name) =
                        (format!("http://127.0.{process}.{server}:9/mcp"), format!("s-{process}-{server}"));
                    let ran = place.run(&["add", &url, "--name", &name, "--no-probe"]);
                    assert_eq!(ran.code(), 0, "{}", ran.stderr());
                }
            });
        }
    });
    assert_eq!(kept(&place).len(), 400);
}

#[test]
fn four_processes_register_through_a_running_owner() {
    let place = Place::new();
    let _serving = place.serve(&["--no-local-discovery"]);
    thread::scope(|scope| {
        for process in 0..4 {
            let place = &place;
            scope.spawn(move || {
                for server in 0..25 {
                    let (url, name) =
                        (format!("http://127.0.{process}.{server}:9/mcp"), format!("s-{process}-{server}"));
                    assert_eq!(place.run(&["add", &url, "--name", &name, "--no-probe"]).code(), 0);
                }
            });
        }
    });
    assert_eq!(kept(&place).len(), 100);
}

fn kept(place: &Place) -> HashSet<String> {
    let servers = place.run(&["servers"]).json();
    servers.as_array().unwrap().iter().map(|server| server["name"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_second_owner_is_told_who_the_first_is() {
    let place = Place::new();
    let serving = place.serve(&["--no-local-discovery"]);
    let second = place.run(&["serve", "--listen", "127.0.0.1:0"]);
    second.refused(1, &[&serving.child.id().to_string(), &serving.url, "--data-dir"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn serve_waits_for_a_command_that_has_the_directory() {
    let mute = testkit::decoy::Decoy::Mute.start().await;
    let place = Place::new();
    let port = mute.address().port().to_string();
    let scan = ["scan", "127.0.0.1", "--ports", &port, "--timeout", "2"];
    let mut scanning = place.command(&scan).stdout(std::process::Stdio::null()).spawn().unwrap();
    while mute.connections() == 0 {
        tokio::task::yield_now().await;
    }
    let serving = place.serve(&[]);
    assert!(scanning.try_wait().unwrap().is_some(), "it served when the scan was over");
    drop(serving);
}

#[test]
fn a_connection_that_somebody_holds_open_does_not_hold_the_process() {
    let place = Place::new();
    let mut serving = place.serve(&[]);
    let address = serving.url.trim_start_matches("http://").to_owned();
    let mut held = std::net::TcpStream::connect(address).unwrap();
    std::io::Write::write_all(&mut held, b"GET / HTTP/1.1\r\n").unwrap();
    let pid = serving.child.id().to_string();
    assert!(std::process::Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    let (told, ended) = std::sync::mpsc::channel();
    std::thread::spawn(move || drop(told.send(serving.child.wait())));
    let status = ended.recv_timeout(std::time::Duration::from_secs(20)).expect("it ends").unwrap();
    assert!(status.success(), "{status:?}");
}

#[test]
fn a_command_sees_what_the_owner_holds_and_the_other_way_round() {
    let place = Place::new();
    place.run(&["add", "http://127.0.0.1:9/mcp", "--name", "before", "--no-probe"]);
    let serving = place.serve(&["--no-local-discovery"]);
    assert!(kept(&place).contains("before"));
    place.run(&["add", "http://127.0.0.2:9/mcp", "--name", "while", "--no-probe"]);
    drop(serving);
    assert!(kept(&place).contains("while"), "what the killed owner answered is kept");
}

#[test]
fn what_was_removed_comes_back_by_undo_after_a_restart() {
    let place = Place::new();
    place.run(&["add", "http://127.0.0.1:9/mcp", "--name", "weather", "--no-probe"]);
    assert_eq!(place.run(&["remove", "weather"]).code(), 0);
    assert!(kept_or_none(&place).is_empty());
    let undone = place.run(&["undo"]).json();
    assert!(undone["label"].as_str().unwrap().contains("weather"), "{undone}");
    assert!(kept(&place).contains("weather"));
}

fn kept_or_none(place: &Place) -> HashSet<String> {
    if place.run(&["servers"]).code() == 3 { HashSet::new() } else { kept(place) }
}
