//! What a server says on standard output when it has started.

use std::net::SocketAddr;

use crate::{
    cli::terminal::{Colours, Style},
    config::StoreConfig,
    server::local_url,
    welcome::{APPLICATION, ENVIRONMENT, Welcome},
};

/// What there is to say.
pub(super) struct Banner<'a> {
    /// Where the server listens.
    pub(super) address: SocketAddr,
    /// Where it keeps everything.
    pub(super) store: &'a StoreConfig,
    /// The inbox, and the key at the first start.
    pub(super) welcome: &'a Welcome,
}

impl Banner<'_> {
    /// The text.
    pub(super) fn render(&self, colours: Colours) -> String {
        let mut text =
            format!("\n{} {}\n\n", colours.paint(Style::Strong, "Fanfare"), env!("CARGO_PKG_VERSION"));
        let mut row = |name: &str, value: &str, note: &str| {
            let name = colours.paint(Style::Quiet, format!("{name:8}"));
            let note = colours.paint(Style::Quiet, note);
            text += &format!("  {name}{value}{note}\n");
        };
        row("address", &format!("http://{}", self.address), "");
        row("data", &self.kept_in(), "");
        if let Some(link) = &self.welcome.link {
            let url = format!("{}/console/enter?link={}", local_url(self.address), link.reveal());
            row("console", &url, "   opens once, within an hour");
        }
        if let Some(inbox) = self.inbox() {
            row("inbox", &inbox, "");
            match &self.welcome.key {
                Some(key) => row("key", key.reveal(), "   shown only now: keep it"),
                None => row("", "", &format!("for another key: {}", self.another_key())),
            }
        }
        if self.welcome.no_environment {
            row("next", "fanfare env create NAME", "   makes an environment and prints its admin key");
        }
        text += &self.first_steps(colours).unwrap_or_default();
        text + "\n"
    }

    fn kept_in(&self) -> String {
        match &self.store.database_url {
            Some(url) => url.to_string(),
            None => self.store.directory().display().to_string(),
        }
    }

    /// What makes a key of the environment that the inbox is in.
    fn another_key(&self) -> String {
        let usual = self.store.is_default() || self.store.database_url.is_some();
        let data = if usual { String::new() } else { format!(" --data {}", self.kept_in()) };
        format!("fanfare key create --env {ENVIRONMENT}{data}")
    }

    /// Two lines to paste, at the first start.
    fn first_steps(&self, colours: Colours) -> Option<String> {
        let (inbox, key) = (self.inbox()?, self.welcome.key.as_ref()?.reveal());
        let post = format!(
            "curl {}/api/v1/app/{APPLICATION}/msg -H 'Authorization: Bearer {key}' \
             -H 'Content-Type: application/json' \
             -d '{{\"eventType\":\"invoice.paid\",\"payload\":{{\"invoice\":\"in_42\",\"amount\":4200}}}}'",
            local_url(self.address)
        );
        let title = |text| colours.paint(Style::Quiet, text);
        Some(format!(
            "\n{}\n\n  {post}\n\n{}\n\n  curl {inbox}\n\n{}\n",
            title("Post an event:"),
            title("See what was delivered, here or in a browser:"),
            title("Ctrl-C stops the server.")
        ))
    }

    fn inbox(&self) -> Option<String> {
        self.welcome.inbox.map(|endpoint| format!("{}/inbox/{endpoint}", local_url(self.address)))
    }
}

#[cfg(test)]
mod tests;
