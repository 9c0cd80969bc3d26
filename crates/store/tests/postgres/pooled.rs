//! The suite's cases of the hot path once more, through PgBouncer in transaction mode: no statement may be named
//! there, no session setting outlive its transaction.

use fanfare_store::conformance::{
    accept, applications, claim, fanout, homes, leases, ordered, record, rescue, run_named,
};

use crate::subject::Subjects;

macro_rules! pass {
    ($subjects:ident: $($module:ident::$case:ident),* $(,)?) => {
        $(
            let case = concat!(stringify!($module), "::", stringify!($case));
            run_named(case, $subjects.subject().await, $module::$case).await;
        )*
    };
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hot_path() {
    let subjects = Subjects::start_pooled().await;
    pass! { subjects:
        accept::stores_a_message_with_its_deliveries,
        accept::keeps_every_kind_of_payload,
        accept::repeats_an_idempotency_key,
        accept::tells_duplicates_within_one_batch_apart,
        accept::sees_a_change_of_the_application,
        accept::no_item_fails_its_mates,
        record::records_a_retry_and_wakes_the_lane,
        record::records_every_end,
        record::keeps_the_attempt_of_a_late_report,
        record::releases_what_it_owns,
        claim::claims_due_deliveries_in_order,
        claim::claims_nothing_twice,
        homes::one_home_at_a_time,
        leases::rescues_what_a_lease_run_out_left,
        ordered::claims_only_the_head_of_each_key,
        rescue::frees_in_slices,
        fanout::writes_slices,
        applications::tells_what_changed,
    }
}
