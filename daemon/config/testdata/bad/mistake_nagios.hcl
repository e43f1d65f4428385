define host {
    use        linux-server
    host_name  localhost
    address    127.0.0.1
}
define service {
    use            local-service
    check_command  check_ping!100.0,20%!500.0,60%
}
