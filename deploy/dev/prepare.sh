#!/bin/sh
# Before each deployment of the inner loop: secrets that nobody else knows, made once, and no Job of the last deployment,
# for a Job cannot be changed.
set -eu
kubectl get namespace dompet >/dev/null 2>&1 || kubectl create namespace dompet
secret() { head -c 32 /dev/urandom | base64 | tr -d '\n'; }
kubectl --namespace dompet get secret dompet-api >/dev/null 2>&1 ||
  kubectl --namespace dompet create secret generic dompet-api \
    --from-literal=JWT_SECRET="$(secret)" --from-literal=PIN_PEPPER="$(secret)" \
    --from-literal=TOP_UP_SECRET="$(secret)"
kubectl --namespace dompet delete job --ignore-not-found --wait dompet-migrate dompet-seed
