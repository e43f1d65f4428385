server {
  port = env("TOKEN")
}
watch = env("TOKEN")
llm {
  temperature = "${env("TOKEN")}"
}
