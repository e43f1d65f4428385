#!/bin/sh
export VEGA_PORT=8000
export VEGA_HOST=127.0.0.1
