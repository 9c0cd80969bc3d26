//! One step of a job: what is sent again, and the job's own progress, in one transaction. So a piece of the
//! selection is sent neither twice nor not at all, wherever the process ends.

use fanfare_core::{
    ports::store::{ChangeError, ReplayStep, Resent},
    replay::ReplayCursor,
};

use crate::postgres::{
    columns::{maybe_id, number, small},
    connection::Tx,
    deliveries::resend,
    fault::Done,
    query::{one, run, values},
};

type Answers = Vec<Result<Resent, ChangeError>>;

/// Does a step; none if the job is not where the step says.
pub(super) async fn step(tx: &Tx, step: &ReplayStep) -> Done<Option<Answers>> {
    if !stands_there(tx, step).await? {
        return Ok(None);
    }
    let answers = resend(tx, &step.resends).await?;
    let count = |wanted: fn(&Result<Resent, ChangeError>) -> bool| {
        answers.iter().filter(|answer| wanted(answer)).count() as u64
    };
    let sent = count(|answer| matches!(answer, Ok(Resent::Queued)));
    let left = count(|answer| matches!(answer, Ok(Resent::Left)));
    let failed = count(Result::is_err);
    let status = if step.after.is_some() { step.status } else { step.status.next() };
    let sql =
        "UPDATE replays SET status = $3, after_message = $4, after_endpoint = $5, counted = counted + $6,
                   sent = sent + $7, skipped = skipped + $8, failed = failed + $9, updated_at = $10
               WHERE application = $1 AND id = $2";
    let values = values![
        step.application.0,
        step.job.0,
        status as i16,
        step.after.map(|(message, _)| message.0),
        step.after.map(|(_, endpoint)| endpoint.0),
        number(step.counted)?,
        number(sent)?,
        number(step.skipped + left)?,
        number(failed)?,
        step.at,
    ];
    run(tx, sql, values).await?;
    Ok(Some(answers))
}

async fn stands_there(tx: &Tx, step: &ReplayStep) -> Done<bool> {
    let sql = "SELECT status, after_message, after_endpoint FROM replays WHERE application = $1 AND id = $2
               FOR UPDATE";
    let found = one(tx, sql, values![step.application.0, step.job.0], |row| {
        let after: Option<ReplayCursor> = maybe_id(row, 1)?.zip(maybe_id(row, 2)?);
        Ok((small(row, 0)?, after))
    })
    .await?;
    Ok(found == Some((step.status as u8, step.from)))
}
