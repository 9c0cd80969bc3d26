//! Filters of endpoints: a subset of the Common Expression Language (CEL) over `event` and `payload`.
//!
//! What an expression costs is bounded before it is evaluated. Values cannot grow (no `+`, no `map`), a
//! comprehension holds no other and looks at nothing of the payload but its own element, so that each
//! operation costs at most one walk through the payload; its work ([`Filter::work`]) may not pass
//! [`FILTER_WORK`]. Regular expressions are not part of it.

mod check;
mod json;

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, LazyLock},
};

use cel::{Context, Env, ParseErrors, Program, Value};

use crate::{
    limits::{FILTER_BYTES, FILTER_WORK},
    message::Message,
    profile::Profile,
};

/// A filter, checked and compiled.
#[derive(Debug)]
pub struct Filter {
    program: Program,
    /// How many of its operations can walk through the payload.
    operations: usize,
    reads_payload: bool,
}

/// What is wrong with the text of a filter, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {message}")]
pub struct InvalidFilter {
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    /// What is wrong and what to do.
    pub message: String,
}

/// What a filter says of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is wanted.
    Match,
    /// It is not.
    NoMatch,
    /// It could not be told: a member is missing, types do not fit, or it would cost too much. Not wanted.
    Failed,
}

/// What an operation costs on its own, as the bytes of a text that are searched in the same time.
const PER_OPERATION: usize = 4096;

/// The standard functions, without regular expressions, times and durations.
static LANGUAGE: LazyLock<Arc<Env>> = LazyLock::new(|| Arc::new(Env::stdlib()));

impl Filter {
    /// Compiles a filter after checking that it keeps to the subset.
    pub fn parse(text: &str) -> Result<Self, InvalidFilter> {
        if text.trim().is_empty() || text.len() > FILTER_BYTES {
            let message = format!("a filter has 1 to {FILTER_BYTES} bytes");
            return Err(InvalidFilter { line: 1, column: 1, message });
        }
        // The parser is a foreign one, and what it gets here is anybody's text.
        let compiled = catch_unwind(AssertUnwindSafe(|| LANGUAGE.compile(text)));
        let program = match compiled {
            Ok(program) => program.map_err(|errors| syntax(&errors))?,
            Err(_) => {
                let message = "this cannot be read as an expression".to_owned();
                return Err(InvalidFilter { line: 1, column: 1, message });
            }
        };
        let shape = check::check(&program, text)?;
        Ok(Self { program, operations: shape.operations, reads_payload: shape.reads_payload })
    }

    /// What it costs at most for a payload of so many bytes, in operations times bytes.
    pub fn work(&self, payload_bytes: usize) -> usize {
        let walked = if self.reads_payload { payload_bytes } else { 0 };
        self.operations.saturating_mul(PER_OPERATION + walked)
    }

    /// What it says of a message.
    pub fn verdict(&self, variables: &Variables) -> Verdict {
        if self.work(variables.payload_bytes) > FILTER_WORK {
            return Verdict::Failed;
        }
        match catch_unwind(AssertUnwindSafe(|| self.program.execute(&variables.context))) {
            Ok(Ok(Value::Bool(true))) => Verdict::Match,
            Ok(Ok(Value::Bool(false))) => Verdict::NoMatch,
            // The error may repeat parts of the payload: it is counted, never told.
            Ok(_) | Err(_) => Verdict::Failed,
        }
    }
}

/// The first mistake; the parser goes on after it and finds less and less meaningful ones.
fn syntax(errors: &ParseErrors) -> InvalidFilter {
    let position = |number: isize| usize::try_from(number).unwrap_or(1).max(1);
    match errors.errors.first() {
        None => InvalidFilter { line: 1, column: 1, message: "this is not an expression".to_owned() },
        Some(error) => {
            let (line, column) = (position(error.pos.0), position(error.pos.1));
            let message = error.msg.lines().next().unwrap_or("this is not an expression").to_owned();
            InvalidFilter { line, column, message }
        }
    }
}

/// What filters can look at: `event` and `payload` of one message.
pub struct Variables {
    context: Context<'static, 'static>,
    payload_bytes: usize,
}

impl Variables {
    /// Those of `message`, with what the profile shows of its payload: filters are written by those who get
    /// it. A payload that is not JSON is not there.
    pub fn of(message: &Message, profile: &Profile) -> Self {
        let mut context = Context::with_env(Arc::clone(&LANGUAGE));
        context.add_variable_from_value("event", json::event(message));
        if let Some(bytes) = profile.shown(&message.payload).bytes()
            && let Ok(json::Json(payload)) = serde_json::from_slice(bytes)
        {
            context.add_variable_from_value("payload", payload);
        }
        Self { context, payload_bytes: message.payload.len() }
    }
}

#[cfg(test)]
mod tests;
