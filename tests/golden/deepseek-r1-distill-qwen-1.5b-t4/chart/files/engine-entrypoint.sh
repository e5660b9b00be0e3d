#!/bin/sh
# placeholder until the sidecar is merged
