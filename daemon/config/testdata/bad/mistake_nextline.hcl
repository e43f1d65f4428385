server
{
  port = 8000
}
integration "a"
{
  probe = core.http
}
