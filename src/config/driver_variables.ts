/**
 * Variables that MongoDB's driver (7.9.0) reads by itself, for its own log and to say what platform it runs on. It fails when
 * it may not read them. None is a setting of this program, and none holds a secret.
 */
export const DRIVER_VARIABLES: readonly string[] = [
  "MONGODB_LOG_*",
  "AWS_EXECUTION_ENV",
  "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
  "AWS_LAMBDA_RUNTIME_API",
  "AWS_REGION",
  "FUNCTIONS_WORKER_RUNTIME",
  "FUNCTION_MEMORY_MB",
  "FUNCTION_NAME",
  "FUNCTION_REGION",
  "FUNCTION_TIMEOUT_SEC",
  "KUBERNETES_SERVICE_HOST",
  "K_SERVICE",
  "VERCEL",
  "VERCEL_REGION",
];
