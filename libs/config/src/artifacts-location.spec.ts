import { describe, expect, it } from 'vitest';
import { parseArtifactsUrl } from './artifacts-location.js';

const keys = { accessKey: 'AK', secretKey: 'SK' };

describe('parseArtifactsUrl', () => {
  it('reads a folder', () => {
    expect(parseArtifactsUrl('file:///var/lib/my%20lab')).toEqual({ kind: 'files', folder: '/var/lib/my lab' });
  });

  it('reads an S3 address with credentials, port, tls and region', () => {
    expect(parseArtifactsUrl('s3://ACCESS:s%2Fcr%40t@store:9000/lab?tls=true&region=eu-central-1')).toEqual({
      kind: 's3',
      host: 'store',
      port: 9000,
      tls: true,
      region: 'eu-central-1',
      bucket: 'lab',
      accessKey: 'ACCESS',
      secretKey: 's/cr@t',
    });
  });

  it('takes credentials from beside the URL where it has none', () => {
    expect(parseArtifactsUrl('s3://store:9000/lab', keys)).toMatchObject({ accessKey: 'AK', secretKey: 'SK' });
  });

  it('uses TLS where no port is named, and plain HTTP where one is', () => {
    expect(parseArtifactsUrl('s3://s3.example.org/lab', keys)).toMatchObject({ tls: true, port: 443 });
    expect(parseArtifactsUrl('s3://localhost:9000/lab', keys)).toMatchObject({ tls: false, port: 9000 });
  });

  it.each([
    ['nowhere', /must be a URL/],
    ['https://store/lab', /file:\/\/ or s3:\/\//],
    ['s3://store:9000', /bucket/],
    ['s3://store:9000/Lab_1', /bucket/],
    ['s3://store:9000/lab?tls=yes', /tls=true or tls=false/],
    ['s3://store:9000/lab?ssl=true', /options tls and region/],
    ['s3://K:sec/ret@store:9000/lab', /percent-encoded/],
  ])('refuses %s with a reason', (url, reason) => {
    expect(() => parseArtifactsUrl(url, keys)).toThrow(reason);
  });

  it('asks for credentials where there are none', () => {
    expect(() => parseArtifactsUrl('s3://store:9000/lab')).toThrow(/S3_ACCESS_KEY and S3_SECRET_KEY/);
  });

  it('never puts a secret into its message', () => {
    for (const url of ['s3://K:hunter2@store:bad/lab', 's3://K:hunter2@store/B_', 'ftp://K:hunter2@store/lab']) {
      expect(() => parseArtifactsUrl(url)).toThrow(/^(?!.*hunter2)/);
    }
  });
});
