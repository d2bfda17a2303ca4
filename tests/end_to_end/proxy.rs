//! Requests through the server to others.

mod forward;
mod hosted;
mod origin;
mod watched;

use std::path::PathBuf;

use twite_tests::folder::Folder;
use twite_tests::server::Server;

/// A proxy for whatever listens on the loopback addresses, with more configuration and arguments; and the folder of both.
fn proxy(folder: &Folder, configuration: &str, arguments: &[&str]) -> Server {
    let targets =
        "targets = ['coap://127.0.0.0/8:*', 'http://127.0.0.0/8:*', 'coap://localhost:*', 'coap://[::1]:*']";
    proxy_to(folder, targets, configuration, arguments)
}

/// The same for these targets.
fn proxy_to(folder: &Folder, targets: &str, configuration: &str, arguments: &[&str]) -> Server {
    let text =
        format!("[timing]\nack_timeout_ms = 200\nmax_retransmit = 1\n[proxy]\n{targets}\n{configuration}\n");
    let file = folder.file("proxy.toml", text);
    let file = file.to_str().expect("a path");
    let own = ["--http", "127.0.0.1:0", "--config", file];
    Server::start(&folder.path().join("proxy"), &[&own, arguments].concat())
}

/// A device: a server with resources of its own.
fn device(folder: &Folder, arguments: &[&str]) -> Server {
    Server::start(&folder.path().join("device"), arguments)
}

/// A policy by which everybody may GET `n` of the device through the proxy, and nothing else.
fn readers_of_one(folder: &Folder, device: &Server) -> PathBuf {
    let policy = format!(
        "[identities.anonymous]\nroles = ['reader']\n[roles.reader]\n\
         permissions = [{{ path = 'hc/coap/{}/n', methods = ['GET'] }}]\n",
        device.address()
    );
    folder.file("policy.toml", policy)
}
