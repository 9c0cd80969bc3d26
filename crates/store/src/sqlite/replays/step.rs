//! One step of a job: what is sent again, and the job's own progress, in one transaction. So a piece of the
//! selection is sent neither twice nor not at all, wherever the process ends.

use fanfare_core::{
    ports::store::{ChangeError, ReplayStep, Resent},
    replay::ReplayCursor,
};
use rusqlite::{Connection, params};

use crate::sqlite::{
    columns::{maybe_id, number},
    deliveries::resend,
    query::{one, run},
};

type Answers = Vec<Result<Resent, ChangeError>>;

/// Does a step; none if the job is not where the step says.
pub(super) fn step(tx: &Connection, step: &ReplayStep) -> rusqlite::Result<Option<Answers>> {
    if !stands_there(tx, step)? {
        return Ok(None);
    }
    let answers = resend(tx, &step.resends)?;
    let count = |wanted: fn(&Result<Resent, ChangeError>) -> bool| {
        answers.iter().filter(|answer| wanted(answer)).count() as u64
    };
    let sent = count(|answer| matches!(answer, Ok(Resent::Queued)));
    let left = count(|answer| matches!(answer, Ok(Resent::Left)));
    let failed = count(Result::is_err);
    let status = if step.after.is_some() { step.status } else { step.status.next() };
    let sql =
        "UPDATE replays SET status = ?3, after_message = ?4, after_endpoint = ?5, counted = counted + ?6,
                   sent = sent + ?7, skipped = skipped + ?8, failed = failed + ?9, updated_at = ?10
               WHERE application = ?1 AND id = ?2";
    let values = params![
        step.application.0,
        step.job.0,
        status as u8,
        step.after.map(|(message, _)| message.0),
        step.after.map(|(_, endpoint)| endpoint.0),
        number(step.counted)?,
        number(sent)?,
        number(step.skipped + left)?,
        number(failed)?,
        step.at.0,
    ];
    run(tx, sql, values)?;
    Ok(Some(answers))
}

fn stands_there(tx: &Connection, step: &ReplayStep) -> rusqlite::Result<bool> {
    let sql = "SELECT status, after_message, after_endpoint FROM replays WHERE application = ? AND id = ?";
    let found = one(tx, sql, params![step.application.0, step.job.0], |row| {
        let after: Option<ReplayCursor> = maybe_id(row, 1)?.zip(maybe_id(row, 2)?);
        Ok((row.get::<_, u8>(0)?, after))
    })?;
    Ok(found == Some((step.status as u8, step.from)))
}
