use super::*;

fn names(items: &[&str], done: bool) -> Page<EventTypeName> {
    Page { items: items.iter().map(|name| name.parse().unwrap()).collect(), done }
}

fn paging(text: &str) -> Result<Paging<EventTypeName>, ApiError> {
    Paging::read(&Query::of(text), Order::Ascending)
}

#[test]
fn iterators_stand_for_the_last_and_the_first_item() {
    let answer = paging("").unwrap().answer(names(&["a", "b", "c"], true), Clone::clone, |item| item);
    assert_eq!(answer.iterator.as_deref(), Some("c"));
    assert_eq!(answer.prev_iterator.as_deref(), Some("-a"));
    assert!(answer.done);
}

#[test]
fn an_iterator_leads_both_ways_whatever_the_name() {
    for name in ["a", "-a", "--a", "a.b"] {
        let answer = paging("").unwrap().answer(names(&[name], false), Clone::clone, |item| item);
        let key: EventTypeName = name.parse().unwrap();
        let after = paging(&format!("iterator={}", answer.iterator.unwrap())).unwrap();
        assert_eq!(after.query.seek, Some(Seek::After(key.clone())));
        let before = paging(&format!("iterator={}", answer.prev_iterator.unwrap())).unwrap();
        assert_eq!(before.query.seek, Some(Seek::Before(key)));
    }
}

#[test]
fn bad_iterators_and_limits_are_refused() {
    assert!(paging("iterator=no%20name").is_err());
    assert!(paging("limit=251").is_err());
    assert!(paging("limit=-1").is_err());
    assert_eq!(paging("limit=250").unwrap().query.limit, 250);
    assert_eq!(paging("").unwrap().query.limit, 50);
}

#[test]
fn a_limit_of_nothing_tells_whether_there_is_something() {
    let answer = paging("limit=0").unwrap().answer(names(&["a"], true), Clone::clone, |item| item);
    assert!(answer.data.is_empty() && !answer.done);
}
