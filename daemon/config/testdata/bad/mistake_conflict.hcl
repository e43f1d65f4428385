data_dir = ".vega"
<<<<<<< HEAD
server {
  port = 8000
}
=======
server {
  port = 9000
}
>>>>>>> other
