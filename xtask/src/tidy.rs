//! `cargo xtask tidy`: the rules of this source tree that lints cannot express. Each says what to do instead.

mod biased;
mod edges;
mod leftovers;
mod lexer;
mod migrations;
mod requirements;
mod sizes;
mod sleeps;

use anyhow::{Result, bail};

use crate::{codegen, tree};

/// A place that breaks a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Finding {
    path: String,
    line: Option<usize>,
    message: String,
}

impl Finding {
    fn at(path: &str, line: usize, message: impl Into<String>) -> Self {
        Self { path: path.to_owned(), line: Some(line), message: message.into() }
    }

    fn of(path: &str, message: impl Into<String>) -> Self {
        Self { path: path.to_owned(), line: None, message: message.into() }
    }
}

impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{line}: {}", self.path, self.message),
            None => write!(f, "{}: {}", self.path, self.message),
        }
    }
}

/// Checks all rules and prints what breaks them.
pub(crate) fn run() -> Result<()> {
    let findings = check()?;
    for finding in &findings {
        eprintln!("{finding}");
    }
    match findings.len() {
        0 => Ok(()),
        many => bail!("tidy found {many} place(s) to mend"),
    }
}

fn check() -> Result<Vec<Finding>> {
    let files = tree::files()?;
    let mut findings = Vec::new();
    for file in &files {
        findings.extend(sizes::check_file(file));
        findings.extend(leftovers::check(file));
        findings.extend(biased::check(file));
        findings.extend(sleeps::check(file));
        findings.extend(edges::check(file)?);
        findings.extend(migrations::check(file));
    }
    findings.extend(requirements::check(&files));
    findings.extend(sizes::check_root(&tree::root_entries()?));
    if !codegen::is_current()? {
        findings.push(Finding::of(
            "docs/delivery-states.md",
            "is not what the code says: run `cargo xtask codegen`",
        ));
    }
    Ok(findings)
}

#[cfg(test)]
mod tests;
