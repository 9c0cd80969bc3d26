use super::{Roles, RolesError};

#[test]
fn roles_are_read_and_shown() {
    for (text, roles) in [
        ("api,deliver", Roles::ALL),
        ("deliver, api", Roles::ALL),
        ("api", Roles { api: true, deliver: false }),
        ("deliver", Roles { api: false, deliver: true }),
    ] {
        assert_eq!(text.parse(), Ok(roles));
        assert_eq!(roles.to_string().parse(), Ok(roles));
    }
}

#[test]
fn what_is_no_role_is_refused() {
    assert_eq!("api,send".parse::<Roles>(), Err(RolesError::Unknown("send".to_owned())));
    assert_eq!(" , ".parse::<Roles>(), Err(RolesError::None));
}
