use super::*;

fn check(wish: Colour) {
    for (accent, grounds) in [(Accent::light(wish), LIGHT), (Accent::dark(wish), DARK)] {
        for ground in grounds.into_iter().chain([accent.soft, accent.text]) {
            assert!(accent.colour.contrast(ground) >= READABLE, "{wish}: {accent:?} on {ground}");
        }
    }
}

#[test]
fn every_colour_becomes_one_that_can_be_read() {
    let steps = [0x00, 0x33, 0x66, 0x80, 0x99, 0xcc, 0xff];
    for red in steps {
        for green in steps {
            for blue in steps {
                check(Colour([red, green, blue]));
            }
        }
    }
}

#[test]
fn a_colour_that_can_be_read_stays() {
    let wish: Colour = "#b00020".parse().unwrap();
    assert_eq!(Accent::light(wish).colour, wish);
    assert_ne!(Accent::dark(wish).colour, wish);
}

#[test]
fn a_sheet_is_made_of_a_colour_and_of_nothing_else() {
    let colour: Colour = "#b00020".parse().unwrap();
    let sheet_of = |path: &str| sheet(path.trim_start_matches("/assets/"));
    insta::assert_snapshot!(sheet_of(&path(colour)).unwrap());
    for wrong in ["accent.css", "accent..css", "accent.b0002.css", "accent.b00020}.css", "console.b00020.css"]
    {
        assert_eq!(sheet(wrong), None, "{wrong}");
    }
}
