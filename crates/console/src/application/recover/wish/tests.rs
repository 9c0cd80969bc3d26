use super::*;

const NOW: Timestamp = Timestamp(1_800_000_000_000_000);

fn form(fields: &[(&str, &str)]) -> Form {
    Form::of(fields.iter().map(|(name, value)| (*name, (*value).to_owned())))
}

fn read(fields: &[(&str, &str)]) -> Result<Wish, BTreeMap<&'static str, String>> {
    let mut form = form(fields);
    let endpoint = fanfare_core::id::EndpointId([7; fanfare_core::id::ID_BYTES]);
    Wish::read(&mut form, endpoint, NOW).ok_or_else(|| {
        let shown = ["since", "until", "kind", "event", "rate"];
        shown.iter().filter_map(|name| Some((*name, form.mistake_of(name)?.to_owned()))).collect()
    })
}

#[test]
fn what_the_form_begins_with_is_what_failed_within_a_day() {
    let wish =
        Wish::read(&mut usual(NOW), fanfare_core::id::EndpointId([7; fanfare_core::id::ID_BYTES]), NOW)
            .unwrap();
    assert_eq!(wish.selection.states, Selection::LOST);
    assert_eq!((wish.selection.until, wish.selection.until.since(wish.selection.since)), (NOW, USUAL));
    assert_eq!((wish.rate, wish.selection.missed, wish.selection.event_types), (REPLAY_RATE, false, None));
}

#[test]
fn what_is_confirmed_is_what_was_counted() {
    let asked = [
        ("since", "2027-01-14T06:00"),
        ("until", ""),
        ("kind", "delivered"),
        ("kind", "missed"),
        ("event", "a.b"),
        ("event", "c"),
        ("despite", "yes"),
        ("rate", "20"),
    ];
    let first = read(&asked).unwrap();
    let again = first.fields();
    let again: Vec<_> = again.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let second = read(&again).unwrap();
    assert_eq!((second.selection, second.rate), (first.selection, first.rate));
}

#[test]
fn a_mistake_stands_beside_its_field() {
    let mistakes = |fields: &[(&str, &str)]| read(fields).err().unwrap();
    let good = [("since", "2027-01-14T06:00"), ("kind", "failed"), ("rate", "1")];
    assert!(read(&good).is_ok());
    for (name, value, at) in [
        ("since", "yesterday", "since"),
        ("since", "2127-01-14T06:00", "since"),
        ("kind", "everything", "kind"),
        ("rate", "0", "rate"),
        ("rate", "10001", "rate"),
        ("rate", "fast", "rate"),
    ] {
        let changed = good.map(|(field, usual)| if field == name { (field, value) } else { (field, usual) });
        assert_eq!(mistakes(&changed).into_keys().collect::<Vec<_>>(), [at], "{name} = {value}");
    }
    let with = |extra| [good[0], good[1], good[2], extra];
    assert!(mistakes(&with(("until", "soon"))).contains_key("until"));
    assert!(mistakes(&with(("until", "2027-01-14T05:00"))).contains_key("since"));
    assert!(mistakes(&with(("event", "no spaces"))).contains_key("event"));
    assert_eq!(mistakes(&[]).into_keys().collect::<Vec<_>>(), ["kind", "rate", "since"], "all at once");
}

#[test]
fn a_time_is_shown_as_the_field_takes_it() {
    assert_eq!(local("2027-01-14T06:00:12.345Z"), "2027-01-14T06:00");
    assert_eq!(local("2027-01-14T06:00"), "2027-01-14T06:00");
    assert_eq!(local("soon"), "soon");
}
