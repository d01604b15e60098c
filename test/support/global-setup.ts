export default function setup(): void {
  process.env['NO_COLOR'] = '1';
}
