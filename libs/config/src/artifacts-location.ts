import { fileURLToPath } from 'node:url';

/** Where artifacts are kept, as `ARTIFACTS_URL` says. */
export type ArtifactsLocation =
  | { kind: 'files'; folder: string }
  | {
      kind: 's3';
      host: string;
      port: number;
      tls: boolean;
      region: string;
      bucket: string;
      accessKey: string;
      secretKey: string;
    };

export interface S3Credentials {
  accessKey?: string;
  secretKey?: string;
}

/**
 * Reads `file:///folder` or `s3://ACCESS:SECRET@host:port/bucket?tls=true&region=eu-central-1`. Credentials that the URL
 * lacks come from `credentials`. Without a port the store is reached over TLS on 443; with one, over plain HTTP unless
 * `tls=true`. Throws an Error whose message holds no part of the credentials.
 */
export function parseArtifactsUrl(text: string, credentials: S3Credentials = {}): ArtifactsLocation {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null) {
    throw new Error('must be a URL; a "/", "@" or ":" within a key has to be percent-encoded (%2F, %40, %3A)');
  }
  if (url.protocol === 'file:') return fileLocation(url);
  if (url.protocol !== 's3:') throw new Error('must begin with file:// or s3://');
  return s3Location(url, credentials);
}

function fileLocation(url: URL): ArtifactsLocation {
  try {
    return { kind: 'files', folder: fileURLToPath(url) };
  } catch {
    throw new Error('must name an absolute folder of this machine, such as file:///var/lib/distillery');
  }
}

function s3Location(url: URL, credentials: S3Credentials): ArtifactsLocation {
  const unknown = [...url.searchParams.keys()].filter((key) => key !== 'tls' && key !== 'region');
  if (unknown.length > 0) throw new Error('knows the options tls and region only');
  const bucket = decodeURIComponent(url.pathname.replace(/^\/|\/$/g, ''));
  if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(bucket)) {
    throw new Error('must name a bucket as its path: 3 to 63 lower-case letters, digits, "." and "-"');
  }
  if (url.hostname === '') throw new Error('must name a host, such as s3://localhost:9000/bucket');
  const accessKey = decodeURIComponent(url.username) || credentials.accessKey;
  const secretKey = decodeURIComponent(url.password) || credentials.secretKey;
  if (!accessKey || !secretKey) {
    throw new Error('needs credentials: s3://ACCESS:SECRET@host/bucket, or S3_ACCESS_KEY and S3_SECRET_KEY');
  }
  const option = url.searchParams.get('tls');
  if (option !== null && option !== 'true' && option !== 'false') throw new Error('takes tls=true or tls=false');
  const tls = option === null ? url.port === '' : option === 'true';
  return {
    kind: 's3',
    host: url.hostname,
    port: url.port === '' ? (tls ? 443 : 80) : Number(url.port),
    tls,
    region: url.searchParams.get('region') || 'us-east-1',
    bucket,
    accessKey,
    secretKey,
  };
}
